#include "base/quantity.hpp"
#include "base/word.hpp"
#include "care/checks.hpp"
#include "care/path_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

std::size_t count(const CaredHome& home, Standing standing) {
    return static_cast<std::size_t>(std::ranges::count(home.items, standing, &CaredItem::standing));
}

class HomeCheck {
public:
    HomeCheck(const Survey& survey, plan::Findings& findings)
        : survey_(survey), user_(survey.layout.home), findings_(findings) {}

    void check(const CaredHome& home) {
        check_transaction(home);
        check_journal(home);
        check_what_is_left(home);
        for (const CaredItem& item : home.items) {
            if (!item.kept_original.empty()) {
                findings_.warn("kept_original",
                               item.kept_original,
                               fmt::format("the original of {}, which transaction {} copied, still "
                                           "takes its room at {}",
                                           item.item,
                                           item.transaction,
                                           name(item.kept_original)),
                               "rehome forget " + item.transaction);
            }
        }
        for (const Leftover& leftover : home.leftovers) {
            check_leftover(leftover);
        }
    }

    void check(const OtherHome& other) {
        const CaredHome& used = survey_.home(other.name);
        const std::string_view variable = rust::variable_of(other.name);
        const std::string leads = fmt::format("{} is {}", variable, name(used.path));
        // Cargo reads .cargo/config.toml of every directory above a project.
        if (other.has_config && used.has_config) {
            findings_.stop(
                "double_configuration",
                other.path,
                fmt::format("{}, but {} has a configuration as well: in projects below HOME cargo "
                            "applies both, and lists such as rustflags are joined",
                            leads,
                            name(other.path)),
                other.is_split ? unsetting(variable) : setting_aside(other.path));
        } else if (other.is_split) {
            findings_.stop("stray_home",
                           other.path,
                           fmt::format("{}, but {} is the home that rehome has split: {} does not "
                                       "use it",
                                       leads,
                                       name(other.path),
                                       rust::name_of(other.name)),
                           unsetting(variable));
        } else {
            findings_.warn("stray_home",
                           other.path,
                           fmt::format("{}, and something has made {} beside it{}",
                                       leads,
                                       name(other.path),
                                       other.has_config ? "; its configuration counts in projects "
                                                          "below HOME"
                                                        : ""),
                           setting_aside(other.path));
        }
    }

private:
    std::string name(const fs::path& path) const { return named(path, user_); }

    static std::string unsetting(std::string_view variable) {
        return fmt::format("unset {} (and take it out of the files that set it)", variable);
    }

    std::string setting_aside(const fs::path& path) const {
        return fmt::format("mv -nT {0} {0}.old", shell_word(path, user_));
    }

    void check_transaction(const CaredHome& home) {
        if (home.kind == HomeKind::unusable) {
            findings_.stop("home_unusable",
                           home.path,
                           fmt::format("{} is no directory that can be read", name(home.path)),
                           fmt::format("ls -ld {}", shell_word(home.path, user_)));
        }
        if (home.unfinished) {
            // Of both homes it is one transaction, and one way out.
            if (told_.insert(home.unfinished->id).second) {
                findings_.stop(
                    "unfinished",
                    home.path,
                    fmt::format("transaction {} was interrupted", home.unfinished->id),
                    fmt::format("rehome resume finishes it, rehome rollback {} undoes it",
                                home.unfinished->id));
            }
        } else if (home.is_unsettled && told_.insert(home.in_force->id).second) {
            findings_.warn("unsettled",
                           home.path,
                           fmt::format("transaction {} was interrupted while it cleaned up what it "
                                       "had moved",
                                       home.in_force->id),
                           "rehome resume");
        }
    }

    void check_journal(const CaredHome& home) {
        if (!survey_.damage.empty() || home.has_journal) {
            return;
        }
        if (home.is_only_links) {
            findings_.warn("no_journal",
                           home.path,
                           fmt::format("{} in {} look{} as rehome makes them, and no journal tells "
                                       "of them",
                                       base::counted(home.items.size(), "link"),
                                       name(home.path),
                                       home.items.size() == 1 ? "s" : ""),
                           "rehome rollback reads the links themselves; or bring back the journal");
        } else if (home.has_pointer) {
            findings_.warn("lost_journal",
                           home.path / journal::pointer_name,
                           fmt::format("{} leads to a journal that is missing",
                                       name(home.path / journal::pointer_name)),
                           "bring the journal back; if there is nothing to put back: rm " +
                               shell_word(home.path / journal::pointer_name, user_));
        }
    }

    void check_what_is_left(const CaredHome& home) {
        if (!home.in_force || home.unfinished) {
            return;
        }
        const std::string& id = home.in_force->id;
        const std::size_t orphans = count(home, Standing::half);
        if (is_orphaned(home)) {
            std::vector<std::string> places;
            for (const CaredDirectory& directory : home.directories) {
                places.push_back(name(directory.path));
            }
            findings_.stop("orphans",
                           home.path,
                           fmt::format("{} or its links were removed (`rustup self uninstall` does "
                                       "that), and {} that transaction {} moved still lie{} in {}",
                                       name(home.path),
                                       base::counted(orphans, "item"),
                                       id,
                                       orphans == 1 ? "s" : "",
                                       base::listed(places)),
                           "rehome rollback " + id);
        } else if (home.kind == HomeKind::missing && orphans == 0) {
            findings_.warn("nothing_left",
                           home.path,
                           fmt::format("transaction {} is in force, but {} and what was moved are "
                                       "gone",
                                       id,
                                       name(home.path)),
                           "rehome forget " + id);
        }
    }

    void check_leftover(const Leftover& leftover) {
        findings_.warn("leftover",
                       leftover.path,
                       leftover.transaction.empty()
                           ? fmt::format("{} has a name of ours, and no transaction needs it",
                                         name(leftover.path))
                           : fmt::format("transaction {} put {} aside, because something else was "
                                         "in its place",
                                         leftover.transaction,
                                         name(leftover.path)),
                       fmt::format("look what it is; what nobody needs goes with: rm -r {}",
                                   shell_word(leftover.path, user_)));
    }

    const Survey& survey_;
    const std::string& user_;
    plan::Findings& findings_;
    std::set<std::string> told_;  // interrupted transactions
};

}  // namespace

bool is_orphaned(const CaredHome& home) {
    const bool was_removed = home.kind == HomeKind::missing || !home.has_pointer;
    return was_removed && !home.is_astray && count(home, Standing::half) > 0;
}

std::vector<plan::Finding> check_homes(const Survey& survey) {
    plan::Findings findings;
    for (const base::Error& error : survey.damage) {
        findings.stop("unreadable", "", error.what(), error.help().value_or(""));
    }
    HomeCheck check(survey, findings);
    for (const CaredHome& home : survey.homes) {
        check.check(home);
    }
    for (const OtherHome& other : survey.others) {
        check.check(other);
    }
    return findings.take();
}

}  // namespace rehome::care
