#pragma once

#include "rules/category.hpp"
#include "rust/home_name.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace rehome::rules {

enum class ItemKind { file, directory };

// Where in a rule file something was said; 1-based.
struct Source {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

// What is known of one item. `migrations/cargo.toml` says what each field means.
struct Rule {
    std::string item;  // "cargo/registry/src"
    ItemKind kind = ItemKind::file;
    std::optional<Category> category;  // nothing: as the item that it lies in
    std::string about;
    std::string why;
    std::string when_deleted;
    bool regenerable = false;
    bool programs = false;
    std::optional<std::uint32_t> mode;
    std::optional<std::string> same_filesystem_as;
    std::optional<std::string> recreated_from;
    std::optional<std::string> platform;
    std::optional<std::string> since;
    std::optional<std::string> until;
    Source source;

    [[nodiscard]] rust::HomeName home() const;
    // The path inside the home: "registry/src".
    [[nodiscard]] std::string path() const;
};

// A named set of overrides.
struct Profile {
    std::string name;
    std::string about;
    std::optional<std::string> warning;  // shown with every plan of this profile
    bool others_stay = false;            // items that it does not name stay in the home
    std::map<std::string, Category> items;
    Source source;
};

}  // namespace rehome::rules
