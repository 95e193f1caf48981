#include "care/repair.hpp"

#include "base/utf8.hpp"
#include "os/mounts.hpp"
#include "plan/place_checks.hpp"
#include "plan/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;
using plan::AtTarget;
using plan::Fate;

// Changes the inventory into that of the mended homes, of which a plan can be made, and keeps the
// steps that lead there.
class Repair {
public:
    Repair(const Survey& survey, plan::Inventory inventory, const plan::Request& request)
        : survey_(survey), inventory_(std::move(inventory)), request_(request) {}

    plan::Plan make() {
        for (const CaredHome& home : survey_.homes) {
            // Of a home that was removed only a rollback makes one again.
            if (home.in_force && !home.unfinished && home.kind != HomeKind::missing &&
                !home.is_astray) {
                mend(home);
            } else {
                leave(home);
            }
        }
        for (plan::Home& home : inventory_.homes) {
            home.is_mended = touched_.contains(home.name);
        }
        plan::Findings stays = leave_what_a_reboot_empties();
        forget_other_targets();
        plan::Plan plan = make_plan();
        std::ranges::move(stays.take(), std::back_inserter(plan.findings));
        for (plan::Step& step : plan.steps) {
            auto* one = std::get_if<plan::Switch>(&step);
            if (one != nullptr) {
                one->displaces = displaced_.contains(one->item);
            }
        }
        // That these stay was said when the home was migrated.
        std::erase_if(plan.findings, [](const plan::Finding& finding) {
            return finding.code == "unknown_items" || finding.code == "user_links" ||
                   finding.code == "other_kind";
        });
        // What is made for a purged target may be a parent of what moves.
        std::erase_if(plan.steps, [&](const plan::Step& step) {
            const auto* make = std::get_if<plan::MakeDirectory>(&step);
            return make != nullptr && made_.contains(make->path);
        });
        plan.steps.insert(plan.steps.begin(), steps_.begin(), steps_.end());
        add_homes(plan);
        return plan;
    }

private:
    // A directory that is made again can lie on a tmpfs that was mounted since: nothing is put into
    // it, and what was there before is gone. The user has agreed to no more than that.
    plan::Plan make_plan() const {
        plan::Request request = request_;
        request.allow_volatile = true;
        plan::Plan plan = plan::make_plan(inventory_, request);
        plan.request.allow_volatile = request_.allow_volatile;
        return plan;
    }

    plan::Findings leave_what_a_reboot_empties() {
        plan::Findings stays;
        for (plan::Item& item : inventory_.items) {
            const fs::path target = item.placement.target;
            const auto site = inventory_.targets.find(target.parent_path());
            if (request_.allow_volatile || item.placement.fate != Fate::move ||
                site == inventory_.targets.end() || !os::is_volatile(site->second.mount)) {
                continue;
            }
            item.placement.fate = Fate::excluded;
            item.placement.why = "a reboot empties the place where it belongs";
            stays.warn("volatile_target",
                       item.path,
                       fmt::format("{} stays where it is: {} is on {}, which a reboot empties",
                                   item.placement.item,
                                   base::in_quotes(site->second.path.native()),
                                   site->second.mount.type),
                       "rehome migrate --apply --allow-volatile moves what is new");
        }
        return stays;
    }

    void leave(const CaredHome& home) {
        for (plan::Item& item : inventory_.items) {
            if (plan::lies_in(item.path, home.path) && item.placement.fate == Fate::move) {
                item.placement.fate = Fate::excluded;
                item.placement.why = "its home is not migrated";
            }
        }
    }

    void mend(const CaredHome& home) {
        for (const CaredItem& cared : home.items) {
            plan::Item* item = find(cared.item);
            if (item == nullptr) {
                continue;
            }
            if (is_mendable(cared)) {
                mend(home, cared, *item);
            } else if (item->placement.fate == Fate::move) {
                item->placement.fate = Fate::excluded;
                item->placement.why = "where it belongs cannot be told now";
            }
            // What is gone for good keeps nothing else from being mended; the doctor tells of it.
            if (item->placement.fate == Fate::applied) {
                item->at_target = AtTarget::something;
            }
        }
        for (const NewItem& fresh : home.fresh) {
            if (plan::Item* item = find(fresh.item); item != nullptr && fresh.was_left_out) {
                item->placement.fate = Fate::excluded;
                item->placement.why = "not selected when the home was migrated";
            }
        }
        close(home);
    }

    void mend(const CaredHome& home, const CaredItem& cared, plan::Item& item) {
        switch (cared.standing) {
            case Standing::drifted:
                if (cared.is_empty) {
                    add(home,
                        plan::MakeLink{cared.item,
                                       cared.path,
                                       cared.target,
                                       plan::EmptyDirectory{item.info.mode, item.info.mtime}});
                    stay_linked(item, cared);
                } else if (item.placement.target == cared.target) {
                    item.at_target = AtTarget::nothing;
                    displaced_.insert(cared.item);
                }
                return;
            case Standing::purged: make_directories(home, cared); return;
            case Standing::half:
                if (cared.lacks_parent) {
                    make_below(home, home.path, cared.path.parent_path(), home.path);
                }
                add(home, plan::MakeLink{cared.item, cared.path, cared.target, std::nullopt});
                stay_linked(item, cared);
                return;
            default: return;
        }
    }

    static void stay_linked(plan::Item& item, const CaredItem& cared) {
        item.placement.fate = Fate::applied;
        item.placement.target = cared.target;
        item.at_target = AtTarget::something;
    }

    // As the planner makes the parents of targets.
    void make_directories(const CaredHome& home, const CaredItem& cared) {
        const fs::path parent = cared.target.parent_path();
        const fs::path directory = cared.directory ? cared.target : parent;
        const auto site = inventory_.targets.find(parent);
        if (site == inventory_.targets.end()) {
            return;  // it has come back since the survey
        }
        const fs::path existing = site->second.existing;
        mended_.insert(parent);
        for (const auto& [slot, used] : inventory_.layout.directories) {
            if (slot.first == home.name && plan::lies_in(directory, used.path)) {
                make_below(home, existing, directory, used.path);
                return;
            }
        }
        make_below(home, existing, directory, directory);
    }

    // From `own` on, they are as open as the home at most; what is above is the user's alone.
    void make_below(const CaredHome& home, const fs::path& existing, const fs::path& directory,
                    const fs::path& own) {
        fs::path path = existing;
        for (const fs::path& part : directory.lexically_relative(existing)) {
            path /= part;
            if (part != "." && made_.insert(path).second) {
                const bool is_ours = plan::lies_in(path, own);
                add(home,
                    plan::MakeDirectory{path,
                                        is_ours ? plan::mode_of_directories(home.mode) : 0700U});
            }
        }
    }

    void close(const CaredHome& home) {
        for (const Secret& secret : home.secrets) {
            const auto item = std::ranges::find(home.items, secret.path, &CaredItem::path);
            const bool moved = item != home.items.end() && item->standing == Standing::moved;
            if ((secret.mode & 077U) != 0 && moved) {
                add(home, plan::Tighten{item->target, secret.mode & 0600U});
            }
        }
        for (const CaredDirectory& directory : home.directories) {
            const std::uint32_t allowed = home.mode | 0700U;
            if ((directory.mode & 0777U & ~allowed) != 0) {
                add(home, plan::Tighten{directory.path, directory.mode & allowed});
            }
        }
    }

    void add(const CaredHome& home, plan::Step step) {
        steps_.push_back(std::move(step));
        touched_.insert(home.name);
    }

    // Where nothing is made, nothing has to be in order.
    void forget_other_targets() {
        for (const plan::Item& item : inventory_.items) {
            if (item.placement.fate == Fate::move) {
                mended_.insert(fs::path(item.placement.target).parent_path());
            }
        }
        if (inventory_.program_links) {
            mended_.insert(inventory_.program_links->directory);
        }
        std::erase_if(inventory_.targets,
                      [&](const auto& target) { return !mended_.contains(target.first); });
    }

    void add_homes(plan::Plan& plan) const {
        for (const plan::Home& home : inventory_.homes) {
            const bool known = std::ranges::find(plan.homes, home.name, &plan::PlannedHome::name) !=
                               plan.homes.end();
            if (touched_.contains(home.name) && !known) {
                plan.homes.push_back(plan::planned_home(home));
            }
        }
    }

    plan::Item* find(const std::string& name) {
        const auto item = std::ranges::find_if(
            inventory_.items, [&](const plan::Item& each) { return each.placement.item == name; });
        return item == inventory_.items.end() ? nullptr : &*item;
    }

    const Survey& survey_;
    plan::Inventory inventory_;
    const plan::Request& request_;
    std::vector<plan::Step> steps_;
    std::set<std::string> displaced_;
    std::set<fs::path> made_;
    std::set<fs::path> mended_;  // directories of targets in which something changes
    std::set<rust::HomeName> touched_;
};

}  // namespace

bool is_mendable(const CaredItem& item) {
    if (item.is_away || plan::is_home_item(item.item)) {
        return false;
    }
    switch (item.standing) {
        case Standing::drifted:
        case Standing::back:
            return item.at_path == (item.directory ? os::FileType::directory : os::FileType::file);
        case Standing::purged: return item.directory || !item.has_parent;
        case Standing::half: return true;
        default: return false;
    }
}

plan::Plan make_repair(const Survey& survey, plan::Inventory inventory,
                       const plan::Request& request) {
    return Repair(survey, std::move(inventory), request).make();
}

plan::Plan plan_repair(const os::ReadFs& fs, const Survey& survey, const rules::RuleSet& rules,
                       const std::vector<journal::Journal>& journals) {
    plan::Request request;
    for (const journal::Journal& journal : journals) {
        if (journal.is_in_force()) {
            request.allow_volatile |= journal.begin.plan.request.allow_volatile;
            request.rules = journal.begin.plan.request.rules;
        }
    }
    return make_repair(survey,
                       scan::scan(fs,
                                  {.environment = survey.environment,
                                   .rules = rules,
                                   .journals = journals,
                                   .request = request,
                                   .purpose = scan::Purpose::repair}),
                       request);
}

}  // namespace rehome::care
