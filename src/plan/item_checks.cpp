#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "plan/checks.hpp"
#include "plan/place_checks.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::plan {

using base::in_quotes;

namespace {

class ItemChecker {
public:
    ItemChecker(const Inventory& inventory, std::vector<Step>& steps)
        : inventory_(inventory), steps_(steps) {}

    std::vector<Finding> check() {
        for (const Item& item : inventory_.items) {
            check_partner(item);
            if (item.placement.fate == Fate::move) {
                check_missing_partner(item);
                check_target(item);
                check_item(item);
                check_mode(item);
                check_links(item);
            } else if (item.placement.fate == Fate::applied) {
                check_applied(item);
            } else if (item.placement.fate == Fate::in_place && comes_with_home(item)) {
                check_mode(item);
            }
        }
        check_collisions();
        warn_of(Fate::unknown, "unknown_items", "no rule names", "left in place");
        warn_of(Fate::user_link, "user_links", "links of your own:", "left as they are");
        warn_of(Fate::other_kind, "other_kind", "not what the rules know:", "left in place");
        return findings_.take();
    }

private:
    static const std::filesystem::path& real_path(const Item& item) { return item.real; }

    // The target with the links of its existing part resolved.
    std::filesystem::path real_target(const Item& item) const {
        const std::filesystem::path target = item.placement.target;
        const Site& site = inventory_.targets.at(target.parent_path());
        const std::filesystem::path rest = target.lexically_relative(site.existing);
        return site.real / rest;
    }

    // What an earlier transaction has copied to where the item goes, or comes from, is on a disk
    // that is not there now.
    bool is_away(const Item& item) const {
        const Past& past = home_of(inventory_, item).past;
        const auto applied = past.applied.find(item.placement.item);
        const auto filesystem = past.filesystems.find(item.placement.item);
        if (applied == past.applied.end() || filesystem == past.filesystems.end()) {
            return false;
        }
        if (!item.compat_link.empty()) {
            return mount_point(inventory_, item) != filesystem->second;
        }
        return applied->second == item.placement.target &&
               target_site(inventory_, item).mount.point != filesystem->second;
    }

    void check_target(const Item& item) {
        if (is_away(item)) {
            const std::string& applied =
                home_of(inventory_, item).past.applied.at(item.placement.item);
            findings_.stop("not_mounted",
                           applied,
                           fmt::format("{} was moved to {} before, and the filesystem there is not "
                                       "mounted",
                                       words_of(item),
                                       in_quotes(applied)),
                           "mount it, then run the command again; if it is gone for good: rehome "
                           "rollback --force");
            return;
        }
        if (item.at_target == AtTarget::something) {
            const bool drifted =
                item.compat_link.empty() &&
                home_of(inventory_, item).past.applied.contains(item.placement.item);
            findings_.stop(
                "target_exists",
                item.placement.target,
                fmt::format("{} has to go to {}, but something is there; rehome never chooses "
                            "between two copies{}",
                            words_of(item),
                            in_quotes(item.placement.target),
                            drifted ? " (a program replaced the link that an earlier migration "
                                      "left by a new one)"
                                    : ""),
                fmt::format("compare the two, keep the one you need at {} and rename the other",
                            in_quotes(item.path.native())));
        }
    }

    // Only a plan that moves one of the two parts them; what is apart already is not its doing.
    void check_partner(const Item& item) {
        const std::optional<std::string>& partner = item.placement.parted_from;
        const bool moves = std::ranges::any_of(inventory_.items, [&](const Item& each) {
            return each.placement.fate == Fate::move &&
                   (each.placement.item == partner || &each == &item);
        });
        if (partner && moves) {
            findings_.warn(
                "parts",
                item.path,
                fmt::format("{} and {} will be on different filesystems, and {} renames between "
                            "them: that works only with RUSTUP_PERMIT_COPY_RENAME=1",
                            item.placement.item,
                            *partner,
                            rust::name_of(item.placement.rule->home())),
                "`rehome print-env SHELL` sets it; or let both go to one filesystem");
        }
    }

    // Where there is no rustup there is none to fail.
    void check_missing_partner(const Item& item) {
        const std::optional<std::string>& partner = item.placement.missing_partner;
        if (partner && inventory_.rustup) {
            const rust::HomeName home = item.placement.rule->home();
            const std::string name = partner->substr(partner->find('/') + 1);
            findings_.stop(
                "missing_partner",
                home_of(inventory_, item).path / name,
                fmt::format("{0} would go to another filesystem, and {1}, which is not there yet, "
                            "would stay: {2} renames between them, and could install nothing",
                            item.placement.item,
                            *partner,
                            rust::name_of(home)),
                fmt::format("run: mkdir {}; it then goes there too",
                            in_quotes((home_of(inventory_, item).path / name).native())));
        }
    }

    void check_applied(const Item& item) {
        const std::string& applied = home_of(inventory_, item).past.applied.at(item.placement.item);
        if (item.placement.is_undivided) {
            findings_.stop("moved_as_one",
                           item.path,
                           fmt::format("{} was moved to {} as a whole, and its parts would now go "
                                       "to different places",
                                       words_of(item),
                                       in_quotes(applied)),
                           "run `rehome rollback` first, then migrate with the new profile");
        } else if (item.at_target == AtTarget::nothing) {
            const bool regenerable = item.placement.rule->regenerable;
            findings_.add({regenerable ? Severity::warn : Severity::stop,
                           "missing_target",
                           item.path.string(),
                           fmt::format("{} was moved to {}, where nothing is any more",
                                       words_of(item),
                                       in_quotes(applied)),
                           regenerable
                               ? fmt::format("run: mkdir -p {}", in_quotes(applied))
                               : "bring it back (a mount, a backup), or go back without it: "
                                 "rehome rollback --force"});
        } else if (item.placement.category == rules::Category::keep) {
            findings_.warn("stays_moved",
                           item.path,
                           fmt::format("{} stays at {}, where it was moved to before, although "
                                       "by the profile it would be in the home",
                                       words_of(item),
                                       in_quotes(applied)),
                           "to have it there run `rehome rollback`, then migrate again");
        }
    }

    void check_item(const Item& item) {
        const std::filesystem::path real = real_path(item);
        for (const os::Mount& mount : inventory_.mounts) {
            if (lies_in(mount.point, real)) {
                findings_.stop(
                    "mount_in_item",
                    mount.point,
                    fmt::format("{} is a mount point at or below {}: it cannot be renamed",
                                in_quotes(mount.point.native()),
                                words_of(item)),
                    "unmount it first, or leave it out with " + leaving_out(item));
            }
        }
        if (item.info.immutable) {
            findings_.stop("immutable",
                           item.path,
                           fmt::format("{} is immutable (chattr +i or +a): it cannot be renamed",
                                       in_quotes(item.path.native())),
                           fmt::format("run: chattr -i -a {}", in_quotes(item.path.native())));
        }
        // A directory that changes its parent is itself written to, so root's is no better.
        const bool directory = item.info.type == os::FileType::directory;
        if (item.info.user != inventory_.user && (item.info.user != 0 || directory)) {
            findings_.stop(
                "foreign_owner",
                item.path,
                fmt::format("{} belongs to user {}", in_quotes(item.path.native()), item.info.user),
                "give it to the owner of the home, or leave it out with " + leaving_out(item));
        }
        if (!item.writable_for_owner && inventory_.user != 0) {
            findings_.stop(
                "directory_read_only",
                item.path,
                fmt::format("{} is not writable for its owner: a directory that changes its "
                            "parent has to be",
                            in_quotes(item.path.native())),
                fmt::format("run: chmod u+w {}", in_quotes(item.path.native())));
        }
    }

    bool comes_with_home(const Item& item) const {
        return std::ranges::any_of(inventory_.items, [&](const Item& home) {
            return home.placement.fate == Fate::move && is_home_item(home.placement.item) &&
                   home.placement.rule->home() == item.placement.rule->home();
        });
    }

    void check_mode(const Item& item) {
        const std::optional<std::uint32_t> mode = item.placement.rule->mode;
        if (mode && (item.info.mode & ~*mode) != 0) {
            steps_.push_back(Tighten{item.path, item.info.mode & *mode});
            findings_.warn(
                "tightened",
                item.path,
                fmt::format("{} can be read by others (mode {:04o}): it gets mode {:04o} before "
                            "it moves, and keeps it",
                            in_quotes(item.path.native()),
                            item.info.mode,
                            item.info.mode & *mode));
        }
    }

    // "a/../../b" may pass through a link at "a": only leading ".." parts have a certain meaning.
    static bool has_certain_meaning(const std::filesystem::path& text) {
        bool climbing = true;
        for (const std::filesystem::path& part : text) {
            if (part != "..") {
                climbing = false;
            } else if (!climbing) {
                return false;
            }
        }
        return true;
    }

    // By way of the item's own name, which is another one at the target.
    static bool leads_round(const Item& item, const InnerLink& link) {
        const std::filesystem::path inside = link.path.lexically_relative(item.path);
        const std::filesystem::path text = link.text;
        const auto climbed = std::find_if_not(
            text.begin(), text.end(), [](const auto& part) { return part == ".."; });
        return std::filesystem::path(item.placement.target).filename() != item.path.filename() &&
               std::distance(text.begin(), climbed) >= std::distance(inside.begin(), inside.end());
    }

    void check_links(const Item& item) {
        std::vector<std::string> into_home;
        for (const InnerLink& link : item.inner_links) {
            const bool relative = !link.text.starts_with('/');
            if (relative && (!lies_in(link.leads_to, real_path(item)) || leads_round(item, link))) {
                rewrite(item, link);
            } else if (!relative && lies_in(link.text, home_of(inventory_, item).path)) {
                into_home.push_back(link.path.filename().string());
            }
        }
        if (!into_home.empty()) {
            findings_.warn("absolute_links",
                           item.path,
                           fmt::format("links in {} name {} by its old path, which goes on "
                                       "to work: {}",
                                       item.placement.item,
                                       in_quotes(home_of(inventory_, item).path.native()),
                                       base::listed(into_home)));
        }
    }

    void rewrite(const Item& item, const InnerLink& link) {
        if (!has_certain_meaning(link.text)) {
            findings_.stop("link_leaves_item",
                           link.path,
                           fmt::format("the relative link {} -> {} leads out of {} and would break",
                                       in_quotes(link.path.native()),
                                       in_quotes(link.text),
                                       words_of(item)),
                           "make it an absolute link");
            return;
        }
        steps_.push_back(
            RewriteLink{item.placement.item, link.path, link.text, link.leads_to.string()});
        findings_.warn("link_rewritten",
                       link.path,
                       fmt::format("the relative link {} -> {} leads out of {}; it becomes "
                                   "absolute, and rollback restores it",
                                   in_quotes(link.path.native()),
                                   in_quotes(link.text),
                                   words_of(item)));
    }

    void check_collisions() {
        std::vector<const Item*> moving;
        for (const Item& item : inventory_.items) {
            if (item.placement.fate == Fate::move) {
                moving.push_back(&item);
            }
        }
        for (const Item* one : moving) {
            const std::filesystem::path target = real_target(*one);
            if (lies_in(real_path(*one), target)) {
                findings_.stop("item_in_target",
                               one->placement.target,
                               fmt::format("{} lies inside its own target {}",
                                           words_of(*one),
                                           in_quotes(one->placement.target)),
                               "choose another directory");
            }
            if (target.parent_path() == real_path(*one).parent_path()) {
                findings_.stop("target_in_home",
                               one->placement.target,
                               fmt::format("{} would go to {}, which is in the same directory",
                                           words_of(*one),
                                           in_quotes(one->placement.target)),
                               one->compat_link.empty()
                                   ? "choose a directory outside of the home"
                                   : "choose another directory, or roll back first");
            }
            for (const Item* other : moving) {
                if (lies_in(target, real_path(*other))) {
                    findings_.stop(
                        "target_in_item",
                        one->placement.target,
                        fmt::format("the target of {}, {}, lies inside {}, which moves itself",
                                    words_of(*one),
                                    in_quotes(one->placement.target),
                                    words_of(*other)),
                        "choose another directory");
                }
                if (one != other && lies_in(target, real_target(*other))) {
                    findings_.stop(
                        "targets_collide",
                        one->placement.target,
                        fmt::format("the targets of {} and {} are the same or nested: {}",
                                    words_of(*one),
                                    words_of(*other),
                                    in_quotes(one->placement.target)),
                        "give each a directory of its own");
                }
            }
        }
    }

    void warn_of(Fate fate, const char* code, std::string_view what, std::string_view then) {
        std::vector<std::string> names;
        for (const Item& item : inventory_.items) {
            if (item.placement.fate == fate) {
                names.push_back(base::printable(item.placement.item));
            }
        }
        if (!names.empty()) {
            findings_.warn(code, "", fmt::format("{} {}: {}", what, base::listed(names), then));
        }
    }

    const Inventory& inventory_;
    std::vector<Step>& steps_;
    Findings findings_;
};

}  // namespace

std::vector<Finding> check_items(const Inventory& inventory, std::vector<Step>& steps) {
    return ItemChecker(inventory, steps).check();
}

}  // namespace rehome::plan
