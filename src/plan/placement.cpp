#include "plan/placement.hpp"

#include "layout/path_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

namespace rehome::plan {

using rules::Category;

namespace {

constexpr std::array<std::string_view, 10> fate_names{"move",
                                                      "in_place",
                                                      "applied",
                                                      "adopted",
                                                      "kept",
                                                      "included",
                                                      "other_kind",
                                                      "user_link",
                                                      "excluded",
                                                      "unknown"};

class Placer {
public:
    Placer(const PlacementFacts& facts, const rules::RuleSet& rules, const rules::Profile& profile,
           const layout::Layout& layout, const Selection& selection)
        : facts_(facts), rules_(rules), profile_(profile), layout_(layout), selection_(selection) {}

    std::vector<Placement> place() {
        for (const Found& found : facts_.found) {
            if (rules::outer_item(found.item).empty()) {
                place_tree(found);
            }
        }
        keep_together();
        miss_partners();
        std::ranges::sort(placements_, {}, &Placement::item);
        return std::move(placements_);
    }

private:
    std::vector<const Found*> found_inside(const std::string& item) const {
        std::vector<const Found*> inner;
        for (const Found& found : facts_.found) {
            if (rules::outer_item(found.item) == item && rules_.find(found.item) != nullptr) {
                inner.push_back(&found);
            }
        }
        return inner;
    }

    struct Wish {
        Category category = Category::keep;
        bool wanted = false;

        bool operator==(const Wish&) const = default;
    };

    Wish wish(const rules::Rule& rule) const {
        const Category category = rules_.category(rule, profile_);
        return {category, selection_.includes(rule.item, category)};
    }

    // Whether all that is known inside wants what the item itself wants, and nothing inside has
    // gone its own way before.
    bool moves_as_one(const rules::Rule& rule) const {
        for (const Found* inner : found_inside(rule.item)) {
            const rules::Rule& inner_rule = *rules_.find(inner->item);
            if (inner->type == os::FileType::symlink || wish(inner_rule) != wish(rule) ||
                !moves_as_one(inner_rule)) {
                return false;
            }
        }
        return true;
    }

    void place_tree(const Found& found) {
        const rules::Rule* rule = rules_.find(found.item);
        if (rule == nullptr) {
            placements_.push_back(
                {.item = found.item,
                 .fate = found.type == os::FileType::symlink ? Fate::user_link : Fate::unknown,
                 .category = Category::keep,
                 .target = "",
                 .why = "no rule names it",
                 .rule = nullptr});
        } else if (found.type == os::FileType::directory && !moves_as_one(*rule)) {
            for (const Found* inner : found_inside(found.item)) {
                place_tree(*inner);
            }
        } else {
            placements_.push_back(place_one(found, *rule));
        }
    }

    Placement place_one(const Found& found, const rules::Rule& rule) const {
        const Wish wish = this->wish(rule);
        Placement placement{.item = found.item,
                            .fate = Fate::move,
                            .category = wish.category,
                            .target = target_of(rule, wish.category, layout_),
                            .why = rule.why,
                            .rule = &rule};
        const bool right_kind =
            found.type == (rule.kind == rules::ItemKind::directory ? os::FileType::directory
                                                                   : os::FileType::file);
        const std::string path =
            layout::join(os::Platform::linux, layout_.homes.at(rule.home()).path, rule.path());
        if (facts_.applied.contains(found.item) && found.type == os::FileType::symlink) {
            placement.fate = Fate::applied;
        } else if (wish.category == Category::keep) {
            placement.fate = Fate::kept;
        } else if (found.leads_to_target) {
            placement.fate = Fate::adopted;
        } else if (found.type == os::FileType::symlink) {
            placement.fate = Fate::user_link;
            placement.why = "a link that you made is left as it is";
        } else if (!right_kind) {
            placement.fate = Fate::other_kind;
            placement.why =
                fmt::format("the rule knows a {}",
                            rule.kind == rules::ItemKind::directory ? "directory" : "file");
        } else if (std::ranges::find(facts_.included, found.item) != facts_.included.end()) {
            placement.fate = Fate::included;
            placement.why = "config.toml includes it, and cargo looks for it in the home";
        } else if (!wish.wanted) {
            placement.fate = Fate::excluded;
            placement.why = "not selected";
        } else if (is_one_place(placement.target, path) || comes_with_home(placement, rule)) {
            placement.fate = Fate::in_place;
        }
        if (placement.fate == Fate::applied) {
            const std::string& applied = facts_.applied.at(found.item);
            placement.is_undivided = wish.wanted && is_divided(rule);
            if (wish.category == Category::keep || !wish.wanted ||
                is_one_place(placement.target, path) || placement.is_undivided) {
                placement.target = applied;
            } else if (placement.target != applied) {
                placement.fate = Fate::move;
                placement.from = applied;
            }
        } else if (!is_placed(placement.fate)) {
            placement.target.clear();
        }
        return placement;
    }

    bool is_one_directory(const std::string& one, const std::string& other) const {
        return one == other || facts_.same_directory(one, other);
    }

    bool is_one_place(const std::filesystem::path& one, const std::filesystem::path& other) const {
        return one.filename() == other.filename() &&
               is_one_directory(one.parent_path(), other.parent_path());
    }

    bool comes_with_home(const Placement& placement, const rules::Rule& rule) const {
        const auto home = facts_.becomes.find(rule.home());
        return home != facts_.becomes.end() &&
               placement.target == layout::join(os::Platform::linux, home->second, rule.path());
    }

    bool is_divided(const rules::Rule& rule) const {
        return std::ranges::any_of(rules_.inside(rule.item), [&](const rules::Rule* inner) {
            return rules_.category(*inner, profile_) != rules_.category(rule, profile_);
        });
    }

    // rustup renames between tmp and toolchains: where they would come to lie on different
    // filesystems, the one goes beside the other, and stays with it if that stays.
    void keep_together() {
        for (Placement& placement : placements_) {
            if (placement.rule == nullptr || !placement.rule->same_filesystem_as) {
                continue;
            }
            const std::string& other = *placement.rule->same_filesystem_as;
            if (!are_together(other, placement) && may_follow(placement, other)) {
                put_beside(placement, other);
            }
            if (!are_together(other, placement)) {
                placement.parted_from = other;
            }
        }
    }

    // What the tool has not made yet cannot be put beside the other one.
    void miss_partners() {
        for (const auto& [item, rule] : rules_.rules) {
            if (!rule.same_filesystem_as || rule.platform.value_or("linux") != "linux") {
                continue;
            }
            const auto partner =
                std::ranges::find(placements_, *rule.same_filesystem_as, &Placement::item);
            const bool is_there =
                std::ranges::find(placements_, item, &Placement::item) != placements_.end();
            if (partner != placements_.end() && !is_there && partner->fate == Fate::move &&
                !are_together(item, *partner)) {
                partner->missing_partner = item;
            }
        }
    }

    // What is a link of the user or has to stay, stays where it is; so does what the user left out
    // by its own name, and what was moved before, unless the other one moves now.
    bool may_follow(const Placement& placement, const std::string& other) const {
        const auto partner = std::ranges::find(placements_, other, &Placement::item);
        const bool other_moves = partner != placements_.end() && partner->fate == Fate::move;
        return placement.fate == Fate::move || placement.fate == Fate::in_place ||
               (!selection_.exclude.contains(placement.item) &&
                (placement.fate == Fate::excluded ||
                 (placement.fate == Fate::applied && other_moves)));
    }

    bool are_together(const std::string& item, const Placement& other) const {
        return facts_.same_filesystem(seat_of(item), seat_of(other.item));
    }

    // A path on the filesystem on which the item lies once the plan is applied.
    std::string seat_of(const std::string& item) const {
        const auto placed = std::ranges::find(placements_, item, &Placement::item);
        const bool moves = placed != placements_.end() && placed->fate == Fate::move;
        const std::string place = place_of(item);
        return moves ? std::filesystem::path(place).parent_path().string() : place;
    }

    void put_beside(Placement& placement, const std::string& other) {
        const std::string parent = std::filesystem::path(place_of(other)).parent_path().string();
        const std::string home = layout_.homes.at(placement.rule->home()).path;
        const auto moved = facts_.becomes.find(placement.rule->home());
        const bool is_moved_home = moved != facts_.becomes.end() && moved->second == parent;
        if (!is_one_directory(parent, home) && !is_moved_home) {
            const std::string name =
                std::filesystem::path(placement.rule->path()).filename().string();
            if (placement.fate == Fate::applied) {
                placement.from = placement.target;
            }
            placement.fate = Fate::move;
            placement.target = layout::join(os::Platform::linux, parent, name);
        } else if (!placement.from.empty()) {
            placement.target = placement.from;
        } else if (placement.fate == Fate::move) {
            placement.fate = Fate::kept;
            placement.target.clear();
        } else {
            return;
        }
        placement.why = fmt::format("must be on the filesystem of {}", other);
        if (!placement.from.empty() && placement.target == placement.from) {
            placement.fate = Fate::applied;
            placement.from.clear();
        }
    }

    // Where the item lies once the plan is applied.
    std::string place_of(const std::string& item) const {
        const auto placed = std::ranges::find(placements_, item, &Placement::item);
        if (placed != placements_.end() && is_placed(placed->fate)) {
            return placed->target;
        }
        const rules::Rule& rule = *rules_.find(item);
        return layout::join(os::Platform::linux, layout_.homes.at(rule.home()).path, rule.path());
    }

    const PlacementFacts& facts_;
    const rules::RuleSet& rules_;
    const rules::Profile& profile_;
    const layout::Layout& layout_;
    const Selection& selection_;
    std::vector<Placement> placements_;
};

}  // namespace

std::string_view name_of(Fate fate) {
    return fate_names[static_cast<std::size_t>(fate)];
}

bool is_placed(Fate fate) {
    return fate == Fate::move || fate == Fate::in_place || fate == Fate::applied ||
           fate == Fate::adopted;
}

std::string target_of(const rules::Rule& rule, Category category, const layout::Layout& layout) {
    if (category == Category::keep) {
        return "";
    }
    const std::string& directory = layout.directories.at({rule.home(), category}).path;
    if (category == Category::bin) {
        return directory;
    }
    return layout::join(os::Platform::linux, directory, rule.path());
}

std::vector<Placement> place(const PlacementFacts& facts, const rules::RuleSet& rules,
                             const rules::Profile& profile, const layout::Layout& layout,
                             const Selection& selection) {
    return Placer(facts, rules, profile, layout, selection).place();
}

}  // namespace rehome::plan
