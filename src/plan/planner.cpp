#include "plan/planner.hpp"

#include "base/error.hpp"
#include "plan/checks.hpp"
#include "plan/copy_checks.hpp"
#include "plan/legacy_home_checks.hpp"
#include "plan/place_checks.hpp"
#include "plan/program_links.hpp"
#include "plan/space_checks.hpp"
#include "plan/way.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace rehome::plan {

namespace {

PlannedItem planned(const Item& item, rust::HomeName home) {
    const Placement& placement = item.placement;
    return {.item = placement.item,
            .home = home,
            .fate = placement.fate,
            .category = placement.category,
            .path = item.compat_link.empty() ? item.path : item.compat_link,
            .from = item.compat_link.empty() ? std::filesystem::path() : item.path,
            .target = placement.target,
            .type = item.info.type,
            .identity = {item.info.device, item.info.inode},
            .link_text = item.link_text,
            .why = placement.why,
            .directory =
                placement.rule != nullptr && placement.rule->kind == rules::ItemKind::directory,
            .regenerable = placement.rule != nullptr && placement.rule->regenerable,
            .replaces_empty_directory = item.at_target == AtTarget::empty_directory,
            .size = item.size};
}

rust::HomeName name_of_home(const Item& item) {
    const std::string& name = item.placement.item;
    return *rust::home_named(name.substr(0, name.find('/')));
}

class Planner {
public:
    Planner(const Inventory& inventory, const Request& request)
        : inventory_(inventory), request_(request) {}

    Plan make() {
        plan_.version = inventory_.version;
        plan_.profile = inventory_.profile;
        plan_.rules_digest = inventory_.rules_digest;
        plan_.request = request_;
        // What was not proven is never deleted.
        plan_.request.keep_originals = request_.keep_originals || !proves_content(request_.verify);
        add_items();
        add_homes();
        add_directories_in_use();

        std::vector<Step> preparations;
        plan_.findings = check_homes(inventory_);
        append(plan_.findings, check_places(inventory_, request_));
        append(plan_.findings, check_space(inventory_));
        append(plan_.findings, check_copies(inventory_, request_));
        append(plan_.findings, check_items(inventory_, preparations));
        append(plan_.findings, check_legacy_homes(inventory_));

        std::vector<Step> links;
        append(plan_.findings, plan_program_links(inventory_, links));
        add_home_of(links);

        add_parents();
        append(plan_.steps, std::move(preparations));
        append(plan_.steps, std::move(links));
        add_switches();
        remove_directories_left();
        tell_only_the_cause();
        return std::move(plan_);
    }

private:
    // To the wrong user everything is foreign, and what a half-done transaction has left looks like
    // faults.
    void tell_only_the_cause() {
        for (const char* cause : {"foreign_home", "unfinished"}) {
            const auto first = std::ranges::find(plan_.findings, cause, &Finding::code);
            if (first != plan_.findings.end()) {
                plan_.findings = {*first};
                return;
            }
        }
    }

    template <class Value>
    static void append(std::vector<Value>& to, std::vector<Value> from) {
        std::ranges::move(from, std::back_inserter(to));
    }

    void add_items() {
        for (const Item& item : inventory_.items) {
            PlannedItem line = planned(item, name_of_home(item));
            if (item.placement.parted_from) {
                plan_.parted.push_back(item.placement.item);
            }
            if (item.placement.fate == Fate::move) {
                line.way = way_of(inventory_, item);
                if (!line.from.empty()) {
                    line.filesystem_left = mount_point(inventory_, item);
                }
                if (line.way != Way::rename) {
                    line.dropped = item.dropped;
                    line.filesystem = target_site(inventory_, item).mount.point;
                }
            }
            plan_.items.push_back(std::move(line));
        }
    }

    // Only homes in which something moves are touched.
    void add_homes() {
        for (const Home& home : inventory_.homes) {
            const auto items = moving_items(inventory_);
            const bool touched = std::ranges::any_of(
                items, [&](const Item* item) { return name_of_home(*item) == home.name; });
            if (touched) {
                plan_.homes.push_back(planned_home(home));
            }
        }
    }

    // The links go with the home that has the programs.
    void add_home_of(const std::vector<Step>& links) {
        if (inventory_.program_links) {
            plan_.request.program_links = inventory_.program_links->directory;
        }
        for (const Home& home : inventory_.homes) {
            const bool known =
                std::ranges::find(plan_.homes, home.name, &PlannedHome::name) != plan_.homes.end();
            if (!links.empty() && home.name == rust::HomeName::cargo && !known) {
                plan_.homes.insert(plan_.homes.begin(), planned_home(home));
            }
        }
    }

    void add_directories_in_use() {
        for (const auto& entry : inventory_.layout.directories) {
            const layout::Slot& slot = entry.first;
            const std::string& path = entry.second.path;
            const bool used = std::ranges::any_of(plan_.items, [&](const PlannedItem& item) {
                return item.home == slot.first && is_placed(item.fate) &&
                       item.category == slot.second && lies_in(item.target, path);
            });
            if (used) {
                plan_.directories.push_back({slot.first, slot.second, path});
            }
        }
    }

    // A base that is missing is made 0700 (XDG Base Directory Specification); from the layout's own
    // directory on nothing is more open than the home was.
    void add_parents() {
        std::set<std::filesystem::path> made;
        for (const Item* item : moving_items(inventory_)) {
            const std::filesystem::path parent =
                std::filesystem::path(item->placement.target).parent_path();
            const Site& site = inventory_.targets.at(parent);
            const layout::Slot slot{name_of_home(*item), item->placement.category};
            const std::string& leaf = inventory_.layout.directories.at(slot).path;
            const std::uint32_t home_mode = mode_of(slot.first);
            std::filesystem::path path = site.existing;
            for (const std::filesystem::path& part : parent.lexically_relative(site.existing)) {
                if (part == ".") {
                    continue;
                }
                path /= part;
                const bool own = lies_in(path, leaf);
                if (made.insert(path).second) {
                    plan_.steps.push_back(
                        MakeDirectory{path, own ? mode_of_directories(home_mode) : 0700U});
                }
            }
        }
    }

    std::uint32_t mode_of(rust::HomeName name) const {
        const auto home = std::ranges::find(plan_.homes, name, &PlannedHome::name);
        base::require(home != plan_.homes.end(), "a home in which something moves is planned");
        return home->mode;
    }

    // rustup renames between items that share a filesystem: they switch one after the other.
    void add_switches() {
        std::vector<const Item*> order = moving_items(inventory_);
        for (const Item* item : moving_items(inventory_)) {
            const auto& partner = item->placement.rule->same_filesystem_as;
            const auto place = std::ranges::find_if(order, [&](const Item* placed) {
                return partner && placed->placement.item == *partner;
            });
            if (place != order.end()) {
                const auto own = std::ranges::find(order, item);
                own < place ? std::rotate(own, own + 1, place) : std::rotate(place, own, own + 1);
            }
        }
        std::stable_partition(order.begin(), order.end(), [](const Item* item) {
            return !is_home_item(item->placement.item);
        });
        for (const Item* item : order) {
            std::vector<std::string> drops;
            for (const Recreatable& part : drops_of(inventory_, *item, request_)) {
                drops.push_back(part.path);
            }
            plan_.steps.push_back(Switch{
                .item = item->placement.item,
                .path = item->path,
                .target = item->placement.target,
                .directory = item->info.type == os::FileType::directory,
                .regenerable = item->placement.rule->regenerable,
                .identity = {item->info.device, item->info.inode},
                .replaces = item->empty_directory,
                .way = way_of(inventory_, *item),
                .drops = std::move(drops),
                .compat_link = item->compat_link,
            });
        }
    }

    // From the inside out. Which of them are empty then, only the disk can tell.
    void remove_directories_left() {
        std::map<std::filesystem::path, std::uint32_t> left;
        for (const Item* item : moving_items(inventory_)) {
            for (const auto& [path, mode] : home_of(inventory_, *item).past.made) {
                if (!item->compat_link.empty() && lies_in(item->path, path)) {
                    left[path] = mode;
                }
            }
        }
        for (auto directory = left.rbegin(); directory != left.rend(); ++directory) {
            plan_.steps.emplace_back(RemoveDirectory{directory->first, directory->second});
        }
    }

    const Inventory& inventory_;
    const Request& request_;
    Plan plan_;
};

}  // namespace

PlannedHome planned_home(const Home& home) {
    return {.name = home.name,
            .path = home.path,
            .mode = home.site.info.mode,
            .pointer = home.past.pointer,
            .previous = home.past.transaction,
            .previous_journal =
                home.past.transaction.empty() ? std::filesystem::path() : home.past.journal};
}

std::uint32_t mode_of_directories(std::uint32_t home_mode) {
    return (home_mode & 0755U) | 0700U;
}

Plan make_plan(const Inventory& inventory, const Request& request) {
    return Planner(inventory, request).make();
}

}  // namespace rehome::plan
