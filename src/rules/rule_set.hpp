#pragma once

#include "rules/rule.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::rules {

inline constexpr std::string_view default_profile = "category";

// All rules that are in force, read from the embedded files and the user's. Immutable once read.
struct RuleSet {
    std::map<std::string, Rule> rules;        // by item
    std::map<std::string, Profile> profiles;  // by name
    std::string digest;                       // of all texts that were read: changes when one does

    // Throws Error(usage) naming the nearest profile.
    [[nodiscard]] const Profile& profile(std::string_view name) const;

    // Nothing if no rule names exactly this item.
    [[nodiscard]] const Rule* find(const std::string& item) const;

    // By the profile's word, else the rule's own, else that of the item it lies in.
    [[nodiscard]] Category category(const Rule& rule, const Profile& profile) const;

    // Rules for items directly inside this one: of "cargo/registry" those of index, cache and src.
    [[nodiscard]] std::vector<const Rule*> inside(const std::string& item) const;
};

// "cargo/registry" of "cargo/registry/src"; "" of "cargo/registry".
std::string outer_item(std::string_view item);

}  // namespace rehome::rules
