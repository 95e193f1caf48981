#include "rules/rule_set.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::rules {

rust::HomeName Rule::home() const {
    const auto home = rust::home_named(item.substr(0, item.find('/')));
    base::require(home.has_value(), "the parser checked the home of each rule");
    return *home;
}

std::string Rule::path() const {
    return item.substr(item.find('/') + 1);
}

std::string outer_item(std::string_view item) {
    const std::size_t slash = item.rfind('/');
    const bool has_outer = std::ranges::count(item, '/') > 1;
    return has_outer ? std::string(item.substr(0, slash)) : "";
}

const Profile& RuleSet::profile(std::string_view name) const {
    const auto found = profiles.find(std::string(name));
    if (found != profiles.end()) {
        return found->second;
    }
    std::vector<std::string> names;
    for (const auto& [known, profile] : profiles) {
        names.push_back(known);
    }
    throw base::Error(base::Kind::usage,
                      fmt::format("there is no profile {}{}",
                                  base::in_quotes(name),
                                  base::did_you_mean(name, names)),
                      fmt::format("the profiles are {}", base::listed(names)));
}

const Rule* RuleSet::find(const std::string& item) const {
    const auto found = rules.find(item);
    return found == rules.end() ? nullptr : &found->second;
}

Category RuleSet::category(const Rule& rule, const Profile& profile) const {
    if (const auto named = profile.items.find(rule.item); named != profile.items.end()) {
        return named->second;
    }
    if (rule.category && !profile.others_stay) {
        return *rule.category;
    }
    if (const Rule* outer = find(outer_item(rule.item))) {
        return category(*outer, profile);
    }
    return Category::keep;
}

std::vector<const Rule*> RuleSet::inside(const std::string& item) const {
    std::vector<const Rule*> inner;
    for (const auto& [name, rule] : rules) {
        if (outer_item(name) == item) {
            inner.push_back(&rule);
        }
    }
    return inner;
}

}  // namespace rehome::rules
