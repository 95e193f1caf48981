#include "plan/checks.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "plan/place_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::plan {

using base::in_quotes;

namespace {

class HomeChecker {
public:
    explicit HomeChecker(const Inventory& inventory) : inventory_(inventory) {}

    std::vector<Finding> check() {
        check_caller();
        for (const Home& home : inventory_.homes) {
            if (home.problem != HomeProblem::none) {
                check_problem(home);
            } else if (home.exists) {
                check_owner(home);
                check_others(home);
                check_past(home);
                warn_of_habits(home);
            }
        }
        check_nested();
        check_tools();
        return findings_.take();
    }

private:
    void check_caller() {
        const Site& home = inventory_.user_home;
        if (home.info.user != inventory_.user) {
            findings_.stop("foreign_home",
                           home.path,
                           fmt::format("HOME {} belongs to user {}, but rehome runs as user {}",
                                       in_quotes(home.path.native()),
                                       home.info.user,
                                       inventory_.user),
                           "run it as that user, without sudo");
        }
        for (const std::string& warning : inventory_.layout.warnings) {
            findings_.warn(
                "ignored_variable", "", warning, "set it to an absolute path, or unset it");
        }
        if (inventory_.profile_warning) {
            findings_.warn("profile", "", *inventory_.profile_warning);
        }
    }

    void check_problem(const Home& home) {
        const std::string name = in_quotes(home.path.native());
        const std::string variable(rust::variable_of(home.name));
        switch (home.problem) {
            case HomeProblem::is_file:
                return findings_.stop("home_is_file",
                                      home.path,
                                      fmt::format("{} {} is not a directory", variable, name),
                                      fmt::format("set {} to the directory that {} uses",
                                                  variable,
                                                  rust::name_of(home.name)));
            case HomeProblem::dangling:
                return findings_.stop(
                    "home_dangling",
                    home.path,
                    fmt::format(
                        "{} {} is a link that leads nowhere, or in a circle", variable, name),
                    "mend the link or remove it");
            case HomeProblem::foreign_link:
                return findings_.stop(
                    "home_foreign_link",
                    home.path,
                    fmt::format("{} {} is a link to a directory of another user", variable, name),
                    "only a link to a directory of your own is followed");
            case HomeProblem::unreadable:
                return findings_.stop("home_unreadable",
                                      home.path,
                                      fmt::format("{} {} cannot be read", variable, name),
                                      fmt::format("check its mode: chmod u+rwx {}", name));
            case HomeProblem::none: break;
        }
    }

    void check_owner(const Home& home) {
        if (home.site.info.user != inventory_.user) {
            findings_.stop("foreign_owner",
                           home.path,
                           fmt::format("{} belongs to user {}, but rehome runs as user {}",
                                       in_quotes(home.path.native()),
                                       home.site.info.user,
                                       inventory_.user),
                           "run it as that user");
        }
    }

    bool named_by_user(const Home& home) const {
        return std::ranges::all_of(inventory_.layout.directories, [&](const auto& entry) {
            const layout::Origin origin = entry.second.origin;
            return entry.first.first != home.name || origin == layout::Origin::flag ||
                   origin == layout::Origin::variable || origin == layout::Origin::applied ||
                   !is_used(entry.first);
        });
    }

    bool is_used(const layout::Slot& slot) const {
        return std::ranges::any_of(inventory_.items, [&](const Item& item) {
            return item.placement.fate == Fate::move && item.placement.rule->home() == slot.first &&
                   item.placement.category == slot.second;
        });
    }

    // The official images keep /usr/local/cargo for every user of the container.
    void check_others(const Home& home) {
        const bool outside = !lies_in(home.path, inventory_.layout.home) &&
                             !lies_in(home.site.real, inventory_.user_home.real);
        const Ancestor& self = home.site.ancestors.back();
        const bool open_to_group = (self.mode & 0020U) != 0 && !self.private_group;
        const bool shared = open_to_group || (self.mode & 0002U) != 0;
        if ((!outside && !shared) || named_by_user(home)) {
            return;
        }
        findings_.stop(
            "home_outside",
            home.path,
            fmt::format("{} {}: links from there into your own directories would lock others out",
                        in_quotes(home.path.native()),
                        shared ? "is writable by others" : "lies outside of HOME"),
            fmt::format("name the directory of each category: --config-dir, --data-dir, "
                        "--state-dir, --cache-dir{}, or the {}_*_HOME variables",
                        home.name == rust::HomeName::cargo ? ", --bin-dir" : "",
                        home.name == rust::HomeName::cargo ? "CARGO" : "RUSTUP"));
    }

    void check_past(const Home& home) {
        if (home.past.unfinished) {
            findings_.stop(
                "unfinished",
                home.past.journal,
                fmt::format("transaction {} of {} was interrupted",
                            *home.past.unfinished,
                            in_quotes(home.path.native())),
                fmt::format("run `rehome resume` to finish it or `rehome rollback {}` to undo it",
                            *home.past.unfinished));
        }
    }

    void warn_of_habits(const Home& home) {
        if (home.hard_linked_proxies > 0) {
            findings_.warn("hard_linked_proxies",
                           home.path / "bin",
                           fmt::format("{} in {} are hard links of rustup; they stay so",
                                       base::counted(home.hard_linked_proxies, "program"),
                                       in_quotes((home.path / "bin").native())));
        }
        for (const std::string& file : home.included) {
            findings_.warn(
                "included_file",
                home.path / file,
                fmt::format("config.toml includes {}; cargo looks for it in {}, so it stays there",
                            in_quotes(file),
                            in_quotes(home.path.native())));
        }
        for (const std::string& program : home.follows) {
            findings_.warn(
                "sees_only_home",
                home.path,
                fmt::format("{} shows its programs {} alone: there the links lead nowhere",
                            program,
                            in_quotes(home.path.native())),
                "give it the new directories as well");
        }
    }

    void check_nested() {
        const std::vector<Home>& homes = inventory_.homes;
        for (const Home& outer : homes) {
            for (const Home& inner : homes) {
                if (outer.exists && inner.exists && &outer != &inner &&
                    outer.problem == HomeProblem::none && inner.problem == HomeProblem::none &&
                    lies_in(inner.site.real, outer.site.real) &&
                    (inner.site.real != outer.site.real || &outer < &inner)) {
                    findings_.stop(
                        "homes_nested",
                        inner.path,
                        fmt::format("{} {} {} {}: their items cannot be told apart",
                                    rust::variable_of(inner.name),
                                    in_quotes(inner.path.native()),
                                    inner.site.real == outer.site.real ? "is also" : "lies inside",
                                    rust::variable_of(outer.name)),
                        "give each a directory of its own");
                }
            }
        }
    }

    void check_tools() {
        if (inventory_.rustup == rust::rustup_without_links) {
            findings_.stop("rustup_1_27_0",
                           "",
                           "rustup 1.27.0 cannot work with links in its home",
                           "run `rustup self update` first");
        }
        std::vector<std::string> names;
        for (const rust::RunningTool& tool : inventory_.tools) {
            names.push_back(fmt::format("{} (pid {})", tool.name, tool.id));
        }
        if (!names.empty()) {
            findings_.warn(
                "running_tools",
                "",
                fmt::format("in use by {}", base::listed(names)),
                "running builds go on; a program that was started before may show old paths");
        }
    }

    const Inventory& inventory_;
    Findings findings_;
};

}  // namespace

std::vector<Finding> check_homes(const Inventory& inventory) {
    return HomeChecker(inventory).check();
}

}  // namespace rehome::plan
