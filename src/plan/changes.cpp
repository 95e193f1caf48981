#include "plan/changes.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace rehome::plan {

namespace {

using base::in_quotes;

std::map<std::string, const PlannedItem*> known_items(const Plan& plan) {
    std::map<std::string, const PlannedItem*> items;
    for (const PlannedItem& item : plan.items) {
        if (item.fate != Fate::unknown) {
            items.emplace(item.item, &item);
        }
    }
    return items;
}

std::string change_of(const PlannedItem& saved, const PlannedItem& now) {
    if (saved.type != now.type) {
        return "is of another kind";
    }
    if (saved.link_text != now.link_text) {
        return fmt::format(
            "links to {} instead of {}", in_quotes(now.link_text), in_quotes(saved.link_text));
    }
    if (saved.target != now.target) {
        return fmt::format("would go to {} instead of {}",
                           in_quotes(now.target.native()),
                           in_quotes(saved.target.native()));
    }
    if (saved.from != now.from) {
        return fmt::format(
            "is at {} instead of {}", in_quotes(now.from.native()), in_quotes(saved.from.native()));
    }
    if (saved.fate != now.fate) {
        return fmt::format("is '{}' instead of '{}'", name_of(now.fate), name_of(saved.fate));
    }
    if (saved.fate == Fate::move && saved.way != now.way) {
        return fmt::format("would move by {} instead of {}", name_of(now.way), name_of(saved.way));
    }
    // Identities hold within one boot; where nothing moves they do not matter.
    if (saved.fate == Fate::move && saved.identity != now.identity) {
        return "is another file or directory";
    }
    if (saved.replaces_empty_directory != now.replaces_empty_directory) {
        return "finds another state at its target";
    }
    return "";
}

void compare_word(std::vector<std::string>& found, std::string_view what, const std::string& saved,
                  const std::string& now) {
    if (saved != now) {
        found.push_back(
            fmt::format("{} is {} instead of {}", what, in_quotes(now), in_quotes(saved)));
    }
}

}  // namespace

std::vector<std::string> changes(const Plan& saved, const Plan& now) {
    std::vector<std::string> found;
    compare_word(found, "rehome's version", saved.version, now.version);
    compare_word(found, "the digest of the rules", saved.rules_digest, now.rules_digest);
    compare_word(found, "the profile", saved.profile, now.profile);
    const auto before = known_items(saved);
    const auto after = known_items(now);
    for (const auto& [name, item] : before) {
        const auto again = after.find(name);
        if (again == after.end()) {
            found.push_back(fmt::format("{} is gone", name));
        } else if (const std::string change = change_of(*item, *again->second); !change.empty()) {
            found.push_back(fmt::format("{} {}", name, change));
        }
    }
    for (const auto& [name, item] : after) {
        if (!before.contains(name)) {
            found.push_back(fmt::format("{} is new", name));
        }
    }
    for (const Finding& finding : now.findings) {
        const bool known = std::ranges::find(saved.findings, finding) != saved.findings.end();
        if (finding.severity == Severity::stop && !known) {
            found.push_back(finding.text);
        }
    }
    return found;
}

}  // namespace rehome::plan
