#pragma once

#include "rules/rule_set.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::plan {

// Which items the user wants: --only and --exclude, each a list of categories and items.
struct Selection {
    std::set<std::string> only;
    std::set<std::string> exclude;

    // An item is named by itself, by an item it lies in, or by its category.
    [[nodiscard]] bool includes(const std::string& item, rules::Category category) const;

    bool operator==(const Selection&) const = default;
};

// "cache,cargo/bin" as words. Throws Error(usage) for one that is neither a category nor a known
// item, naming the flag and the nearest word.
std::set<std::string> parse_selection(std::string_view flag, std::string_view list,
                                      const rules::RuleSet& rules);

}  // namespace rehome::plan
