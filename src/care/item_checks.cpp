#include "base/word.hpp"
#include "care/checks.hpp"
#include "care/path_words.hpp"
#include "care/repair.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

std::string_view kind_of(const CaredItem& item) {
    switch (item.at_path.value_or(os::FileType::other)) {
        case os::FileType::file: return "a file";
        case os::FileType::directory: return item.is_empty ? "an empty directory" : "a directory";
        case os::FileType::symlink: return "another link";
        case os::FileType::other: break;
    }
    return "something else";
}

// mkdir gives what the umask allows; a home that others may not read must not get a cache that
// they can.
std::string making(const fs::path& directory, const CaredHome& home, const std::string& user) {
    const std::string command = "mkdir -p " + shell_word(directory, user);
    const bool is_open = home.kind == HomeKind::missing || (home.mode & 055U) == 055U;
    return is_open ? command : fmt::format("(umask 077 && {})", command);
}

class ItemCheck {
public:
    ItemCheck(const Survey& survey, const CaredHome& home, plan::Findings& findings)
        : home_(home), user_(survey.layout.home), findings_(findings) {}

    void check(const CaredItem& item) {
        switch (item.standing) {
            case Standing::drifted: return replaced(item);
            case Standing::back: return back(item);
            case Standing::purged: return purged(item);
            case Standing::not_mounted: return not_mounted(item);
            case Standing::half: return half(item);
            case Standing::gone: return gone(item);
            case Standing::in_place:
            case Standing::moved:
            case Standing::conflict: break;
        }
    }

    void check_new() {
        std::vector<std::string> names;
        for (const NewItem& item : home_.fresh) {
            if (!item.was_left_out) {
                names.push_back(item.item);
            }
        }
        if (home_.in_force && !names.empty()) {
            findings_.warn("not_moved",
                           home_.path,
                           fmt::format("{} {} new in {} since transaction {}, and {} still lie{} "
                                       "there",
                                       base::listed(names),
                                       names.size() == 1 ? "is" : "are",
                                       name(home_.path),
                                       home_.in_force->id,
                                       names.size() == 1 ? "it" : "they",
                                       names.size() == 1 ? "s" : ""),
                           repair_command);
        }
    }

    // rehome itself leaves the locks where they are.
    void check(const LostLock& lock) {
        const std::string what =
            fmt::format("{} is a link to a directory that is gone, so nobody can take this lock",
                        name(lock.path));
        const std::string help = "rm " + word(lock.path);
        if (lock.stops_cargo) {
            findings_.stop("lost_lock", lock.path, what + ": no cargo can build", help);
        } else {
            findings_.warn("lost_lock",
                           lock.path,
                           what + ": cargo builds without it, and rehome changes nothing",
                           help);
        }
    }

private:
    std::string name(const fs::path& path) const { return named(path, user_); }

    std::string word(const fs::path& path) const { return shell_word(path, user_); }

    std::string linking(const CaredItem& item) const {
        return fmt::format("ln -s {} {}", word(item.target), word(item.path));
    }

    void replaced(const CaredItem& item) {
        const bool is_file = item.at_path == os::FileType::file;
        findings_.stop(
            "link_replaced",
            item.path,
            fmt::format("{} is {} in the place of our link{}; what was moved to {} is no longer "
                        "used",
                        name(item.path),
                        kind_of(item),
                        is_file ? " (editors do that, and sed)" : "",
                        name(item.target)),
            mending(item, relinking(item)));
    }

    // With a journal there is a command that can be undone; else it is done by hand.
    std::string mending(const CaredItem& item, std::string by_hand) const {
        return home_.in_force && is_mendable(item) ? repair_command : std::move(by_hand);
    }

    // What is at the old path has been in use, so it wins, unless it is empty; the other is kept.
    std::string relinking(const CaredItem& item) const {
        if (item.is_empty) {
            return fmt::format("rmdir {} && {}", word(item.path), linking(item));
        }
        if (item.at_path == os::FileType::symlink) {
            return fmt::format("rm {} && {}", word(item.path), linking(item));
        }
        if (plan::is_home_item(item.item)) {
            return fmt::format("mv -nT {0} {0}.old && {1}", word(item.path), linking(item));
        }
        return fmt::format("mv -nT {0} {0}.old && mv -nT {1} {0} && {2}",
                           word(item.target),
                           word(item.path),
                           linking(item));
    }

    void back(const CaredItem& item) {
        findings_.warn("moved_back",
                       item.path,
                       fmt::format("{} is {} at its old path again, and nothing is at {}",
                                   name(item.path),
                                   kind_of(item),
                                   name(item.target)),
                       mending(item,
                               fmt::format("mkdir -p {} && mv -nT {} {} && {}",
                                           word(item.target.parent_path()),
                                           word(item.path),
                                           word(item.target),
                                           linking(item))));
    }

    void purged(const CaredItem& item) {
        const std::string what =
            fmt::format("{} leads to {}, which is gone", name(item.path), name(item.target));
        if (item.directory) {
            findings_.stop("purged",
                           item.path,
                           fmt::format("{}: {} does not make it again behind a link, and fails "
                                       "with \"File exists\"",
                                       what,
                                       rust::name_of(home_.name)),
                           mending(item, making(item.target, home_, user_)));
        } else if (!item.has_parent) {
            findings_.stop("purged",
                           item.path,
                           fmt::format("{}, and so is its directory: {} cannot write it again{}",
                                       what,
                                       rust::name_of(home_.name),
                                       consequence(item)),
                           mending(item, making(item.target.parent_path(), home_, user_)));
        } else {
            findings_.warn("purged",
                           item.path,
                           what + consequence(item),
                           fmt::format("bring it back from a backup, or remove the link: rm {}",
                                       word(item.path)));
        }
    }

    static std::string consequence(const CaredItem& item) {
        return item.when_deleted.empty() ? "" : ": " + item.when_deleted;
    }

    void not_mounted(const CaredItem& item) {
        findings_.stop(
            "not_mounted",
            item.path,
            fmt::format("the filesystem of {}, to which {} leads, is not mounted",
                        name(item.target),
                        name(item.path)),
            "mount it; if it is gone for good (a tmpfs after a reboot): rehome rollback --force");
    }

    void half(const CaredItem& item) {
        if (!is_orphaned(home_)) {
            findings_.stop("link_missing",
                           item.path,
                           fmt::format("nothing is at {} any more, so {} does not find what is at "
                                       "{}",
                                       name(item.path),
                                       rust::name_of(home_.name),
                                       name(item.target)),
                           mending(item, linking(item)));
        }
    }

    void gone(const CaredItem& item) {
        if (home_.kind != HomeKind::missing) {
            findings_.warn("gone",
                           item.path,
                           item.target.empty()
                               ? fmt::format("{} is gone{}", name(item.path), consequence(item))
                               : fmt::format("{} is gone, at its old path and at {}{}",
                                             item.item,
                                             name(item.target),
                                             consequence(item)),
                           fmt::format("bring it back from a backup if you miss it; {} makes "
                                       "again what it needs",
                                       rust::name_of(home_.name)));
        }
    }

    const CaredHome& home_;
    const std::string& user_;
    plan::Findings& findings_;
};

}  // namespace

std::vector<plan::Finding> check_items(const Survey& survey) {
    plan::Findings findings;
    for (const CaredHome& home : survey.homes) {
        // Recovery knows better what becomes of the items of an unfinished one.
        if (home.unfinished) {
            continue;
        }
        ItemCheck check(survey, home, findings);
        for (const LostLock& lock : home.lost_locks) {
            check.check(lock);
        }
        for (const CaredItem& item : home.items) {
            check.check(item);
        }
        check.check_new();
    }
    return findings.take();
}

}  // namespace rehome::care
