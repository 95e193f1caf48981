#include "plan/legacy_home_checks.hpp"

#include "base/utf8.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::plan {

using base::in_quotes;

namespace {

// Where the home was moved to before; nothing if it was not.
std::optional<std::string> moved_to(const Home& home) {
    const auto applied = home.past.applied.find(item_of_home(home.name));
    return applied == home.past.applied.end() ? std::nullopt : std::optional(applied->second);
}

// The one way is undone before the other is gone.
void check_change(const Home& home, LegacyHome wish, Findings& findings) {
    const bool is_linked = moved_to(home).has_value();
    const bool is_kept = !is_linked && !home.past.transaction.empty();
    if ((wish == LegacyHome::link && is_kept) || (wish == LegacyHome::keep && is_linked)) {
        findings.stop("legacy_home_changes",
                      home.path,
                      fmt::format("{} was migrated with --legacy-home {}",
                                  in_quotes(home.path.native()),
                                  name_of(is_kept ? LegacyHome::keep : LegacyHome::link)),
                      "run `rehome rollback --all` first, then migrate again");
    }
}

void check_link(const Home& home, const std::string& data, Findings& findings) {
    if (home.is_link && !moved_to(home) && home.site.real != data) {
        findings.stop(
            "legacy_home_is_link",
            home.path,
            fmt::format("{} is a link of your own to {}, and not to the data directory {}",
                        in_quotes(home.path.native()),
                        in_quotes(home.site.real.native()),
                        in_quotes(data)),
            "leave --legacy-home out, or put the directory in the link's place first");
    }
}

void check_move(const Inventory& inventory, const Item& item, Findings& findings) {
    if (way_of(inventory, item) != Way::rename) {
        findings.stop("legacy_home_elsewhere",
                      item.path,
                      fmt::format("{} cannot be renamed to {}: that is on another filesystem, and "
                                  "a home is not copied",
                                  in_quotes(item.path.native()),
                                  in_quotes(item.placement.target)),
                      "leave --legacy-home out, or choose another --data-dir");
    }
    const bool has_config = std::ranges::any_of(inventory.items, [](const Item& other) {
        return other.placement.item == "cargo/config.toml" ||
               other.placement.item == "cargo/config";
    });
    if (item.placement.item == item_of_home(rust::HomeName::cargo) && has_config) {
        findings.warn(
            "linked_home",
            item.path,
            fmt::format("cargo before 1.94 reads config.toml twice where {} is a link, so "
                        "that lists in it are doubled",
                        in_quotes(item.path.native())),
            "update the toolchains that you use, or leave --legacy-home out");
    }
}

}  // namespace

std::vector<Finding> check_legacy_homes(const Inventory& inventory) {
    Findings findings;
    for (const Home& home : inventory.homes) {
        if (home.exists && home.problem == HomeProblem::none && inventory.legacy_home) {
            check_change(home, *inventory.legacy_home, findings);
            if (inventory.legacy_home == LegacyHome::link) {
                const layout::Slot slot{home.name, rules::Category::data};
                check_link(home, inventory.layout.directories.at(slot).path, findings);
            }
        }
    }
    for (const Item& item : inventory.items) {
        if (item.placement.fate == Fate::move && is_home_item(item.placement.item)) {
            check_move(inventory, item, findings);
        }
    }
    return findings.take();
}

}  // namespace rehome::plan
