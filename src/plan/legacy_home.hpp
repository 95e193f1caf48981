#pragma once

#include "rules/rule.hpp"
#include "rust/home_name.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rehome::plan {

// What becomes of a home's own directory.
enum class LegacyHome {
    keep,  // it stays, and holds the links to what has moved out of it
    link,  // it becomes the data directory: data lie there as themselves, all else as links; and
           // the home's old path becomes a link to it
};

std::string_view name_of(LegacyHome legacy);

// Nothing for any other word.
std::optional<LegacyHome> legacy_home_named(std::string_view name);

// The home's own directory as an item, "cargo/.": it is what moves last where it moves.
std::string item_of_home(rust::HomeName name);
bool is_home_item(std::string_view item);

// The rule of that item: no rule file names it.
const rules::Rule& rule_of_home(rust::HomeName name);

}  // namespace rehome::plan
