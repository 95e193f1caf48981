#include "plan/place_checks.hpp"

#include "base/utf8.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rehome::plan {

using base::in_quotes;

namespace {

// What others may do below the directory: read (1) when every part lets them through and the last
// lets them list or pass.
bool others_may_enter(const Site& site) {
    return std::ranges::all_of(site.ancestors, [](const Ancestor& ancestor) {
        return (ancestor.mode & 0001U) != 0 ||
               ((ancestor.mode & 0010U) != 0 && !ancestor.private_group);
    });
}

class PlaceChecker {
public:
    PlaceChecker(const Inventory& inventory, const Request& request)
        : inventory_(inventory), request_(request) {}

    std::vector<Finding> check() {
        if (inventory_.targets.empty() &&
            std::ranges::none_of(inventory_.homes, &Home::is_mended)) {
            return {};
        }
        for (const Home& home : inventory_.homes) {
            if (home.exists && home.problem == HomeProblem::none && changes(home)) {
                check_directory(home.site);
                check_mount_of(home);
            }
        }
        check_directory(inventory_.state);
        check_state();
        for (const auto& [directory, site] : inventory_.targets) {
            check_target_directory(site);
        }
        for (const Item& item : inventory_.items) {
            if (item.placement.fate == Fate::move) {
                check_move(item);
            }
        }
        return findings_.take();
    }

private:
    bool changes(const Home& home) const {
        const bool has_moves = std::ranges::any_of(inventory_.items, [&](const Item& item) {
            return item.placement.fate == Fate::move && item.placement.rule->home() == home.name;
        });
        return home.is_mended || has_moves;
    }

    void check_directory(const Site& site) {
        if (!site.is_directory) {
            return findings_.stop("parent_is_file",
                                  site.existing,
                                  fmt::format("{} is in the way: a directory has to be there",
                                              in_quotes(site.existing.native())),
                                  "rename the file, or choose another directory");
        }
        if (site.mount.has_option("ro")) {
            return findings_.stop("read_only",
                                  site.existing,
                                  fmt::format("{} is on a filesystem that is mounted read-only",
                                              in_quotes(site.existing.native())),
                                  "mount it writable first");
        }
        if (!site.writable) {
            findings_.stop(
                "not_writable",
                site.existing,
                fmt::format("{} is not writable for you", in_quotes(site.existing.native())),
                "check its owner and mode, or choose another directory");
        }
        if (site.info.immutable) {
            findings_.stop(
                "immutable",
                site.existing,
                fmt::format("{} is immutable (chattr +i or +a): no name in it can change",
                            in_quotes(site.existing.native())),
                fmt::format("run: chattr -i -a {}", in_quotes(site.existing.native())));
        }
        if (site.info.user != inventory_.user && site.info.user != 0) {
            findings_.stop("foreign_owner",
                           site.existing,
                           fmt::format("{} belongs to user {}, but rehome runs as user {}",
                                       in_quotes(site.existing.native()),
                                       site.info.user,
                                       inventory_.user),
                           "run it as that user, or choose another directory");
        }
        check_ancestors(site);
    }

    // Who may write to an ancestor can swap what lies below it between our look and our call.
    void check_ancestors(const Site& site) {
        for (const Ancestor& ancestor : site.ancestors) {
            const bool foreign = ancestor.user != 0 && ancestor.user != inventory_.user;
            const bool by_group = (ancestor.mode & 0020U) != 0 && !ancestor.private_group;
            const bool open = by_group || (ancestor.mode & 0002U) != 0;
            const bool sticky = (ancestor.mode & 01000U) != 0;
            if (foreign || (open && !sticky)) {
                findings_.stop(
                    "untrusted_parent",
                    ancestor.path,
                    fmt::format("{} {}: what lies below it could be swapped during the move",
                                in_quotes(ancestor.path.native()),
                                foreign ? fmt::format("belongs to user {}", ancestor.user)
                                        : "is writable by others"),
                    foreign ? "choose a directory of your own"
                            : fmt::format("run: chmod go-w {}", in_quotes(ancestor.path.native())));
            }
        }
    }

    void check_mount_of(const Home& home) {
        if (home.site.mount.has_option("nosymfollow")) {
            findings_.stop(
                "links_not_followed",
                home.path,
                fmt::format("{} is on a filesystem mounted nosymfollow: cargo could not follow "
                            "the links",
                            in_quotes(home.path.native())),
                "mount it without nosymfollow");
        }
        check_symlinks(home.site);
    }

    void check_symlinks(const Site& site) {
        if (os::lacks_symlinks(site.mount)) {
            findings_.stop("no_symlinks",
                           site.existing,
                           fmt::format("{} is on {}, which has no symbolic links",
                                       in_quotes(site.existing.native()),
                                       site.mount.type),
                           "choose a directory on another filesystem");
        }
    }

    void check_state() {
        if (os::is_volatile(inventory_.state.mount)) {
            findings_.stop(
                "volatile_state",
                inventory_.state.path,
                fmt::format("the journal would go to {} on {}, which a reboot empties: nothing "
                            "could be put back after that",
                            in_quotes(inventory_.state.path.native()),
                            inventory_.state.mount.type),
                "set XDG_STATE_HOME to a directory on a disk");
        }
    }

    void check_target_directory(const Site& site) {
        check_directory(site);
        check_symlinks(site);
        if (os::is_volatile(site.mount) && !request_.allow_volatile) {
            findings_.stop("volatile_target",
                           site.path,
                           fmt::format("{} is on {}, which a reboot empties",
                                       in_quotes(site.path.native()),
                                       site.mount.type),
                           "choose another directory, or pass --allow-volatile");
        }
    }

    void check_move(const Item& item) {
        const std::filesystem::path target = item.placement.target;
        const Site& site = inventory_.targets.at(target.parent_path());
        const Home& home = home_of(inventory_, item);
        if (item.placement.rule->programs && site.mount.has_option("noexec")) {
            findings_.stop("noexec",
                           target,
                           fmt::format("{} holds programs, and {} is mounted noexec",
                                       item.placement.item,
                                       in_quotes(site.mount.point.native())),
                           "choose a directory on another filesystem");
        }
        // A copy is exchanged beside the item.
        const Way way = way_of(inventory_, item);
        const os::Mount& mount = way == Way::rename ? site.mount : home.site.mount;
        if (way != Way::replace && os::lacks_exchange(mount) &&
            item.info.type == os::FileType::directory) {
            findings_.warn("not_atomic",
                           item.path,
                           fmt::format("{} cannot exchange names: for a moment {} is at neither "
                                       "place",
                                       mount.type,
                                       words_of(item)),
                           "let no cargo and no rustup run meanwhile");
        }
        check_volatile(item, site, home);
        check_shared(item);
        if (!is_home_item(item.placement.item)) {  // its own mode goes with it
            check_openness(item, site, home);
        }
    }

    // With the user's consent; without it the directory stops the plan.
    void check_volatile(const Item& item, const Site& site, const Home& home) {
        if (!os::is_volatile(site.mount) || os::is_volatile(home.site.mount) ||
            !request_.allow_volatile) {
            return;
        }
        if (item.placement.rule->regenerable) {
            findings_.warn("volatile_cache",
                           site.path,
                           fmt::format("{} is on {}, which a reboot empties: what goes there has "
                                       "to be made again after each",
                                       in_quotes(site.path.native()),
                                       site.mount.type));
        } else {
            findings_.warn("volatile_item",
                           item.path,
                           fmt::format("a reboot deletes {}: nothing can make it again, and it "
                                       "goes to {} on {}",
                                       item.placement.item,
                                       in_quotes(item.placement.target),
                                       site.mount.type),
                           is_copied(inventory_, item) ? "--keep-originals keeps the original"
                                                       : "");
        }
    }

    // rustup empties these directories, whoever else has put something there.
    void check_shared(const Item& item) {
        const std::string& home = inventory_.layout.home;
        const std::array<std::string, 6> shared{
            home + "/.local/bin", home + "/bin", "/usr/local/bin", "/usr/bin", "/tmp", "/var/tmp"};
        if (std::ranges::find(shared, item.placement.target) != shared.end()) {
            findings_.stop("shared_directory",
                           item.placement.target,
                           fmt::format("{} is a directory that other programs share; `rustup self "
                                       "uninstall` and `rustup update` delete what they find in {}",
                                       in_quotes(item.placement.target),
                                       item.placement.item),
                           "choose a directory of its own");
        }
    }

    // Directories that we make are as closed as the home; one that is there may be more open.
    void check_openness(const Item& item, const Site& site, const Home& home) {
        if (site.existing == site.path && others_may_enter(site) && !others_may_enter(home.site)) {
            findings_.stop("more_open",
                           site.path,
                           fmt::format("others may enter {}, but not {}: they could read {} there",
                                       in_quotes(site.path.native()),
                                       in_quotes(home.path.native()),
                                       item.placement.rule->regenerable ? "your private crates"
                                                                        : item.placement.item),
                           fmt::format("run: chmod go-rwx {}", in_quotes(site.path.native())));
        }
    }

    const Inventory& inventory_;
    const Request& request_;
    Findings findings_;
};

}  // namespace

std::string words_of(const Item& item) {
    return is_home_item(item.placement.item) ? in_quotes(item.path.native()) : item.placement.item;
}

std::string leaving_out(const Item& item) {
    return is_home_item(item.placement.item) ? "--legacy-home keep"
                                             : "--exclude " + item.placement.item;
}

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& directory) {
    const auto [end, rest] =
        std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
    return end == directory.end();
}

std::vector<Finding> check_places(const Inventory& inventory, const Request& request) {
    return PlaceChecker(inventory, request).check();
}

}  // namespace rehome::plan
