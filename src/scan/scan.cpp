#include "scan/scan.hpp"

#include "plan/place_checks.hpp"
#include "plan/program_links.hpp"
#include "scan/homes.hpp"
#include "scan/inner_links.hpp"
#include "scan/layers.hpp"
#include "scan/past.hpp"
#include "scan/program_links.hpp"
#include "scan/recreatable.hpp"
#include "scan/site.hpp"
#include "scan/sizes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rehome::scan {

namespace {

namespace fs = std::filesystem;
using plan::Fate;

// Names of ours in a home are no items.
bool is_ours(const std::string& name) {
    return name.starts_with(".rehome");
}

class Scanner {
public:
    Scanner(const os::ReadFs& read_fs, const ScanInput& input)
        : fs_(read_fs), input_(input), mounts_(read_fs.mounts()),
          surveyor_(read_fs, input.environment, mounts_) {}

    plan::Inventory scan() {
        inventory_.version = REHOME_VERSION;
        inventory_.layout = layout::make_layout(
            input_.environment,
            wishes_with_applied(input_.environment, input_.request, input_.journals));
        inventory_.user = input_.environment.user;
        inventory_.mounts = mounts_;
        inventory_.rules_digest = input_.rules.digest;
        inventory_.user_home = surveyor_.survey(inventory_.layout.home);
        inventory_.state = surveyor_.survey(inventory_.layout.state.path);
        for (const rust::HomeName name : rust::home_names) {
            inventory_.homes.push_back(
                look_at_home(fs_, surveyor_, input_, inventory_.layout, name));
        }
        place_items();
        look_at_targets();
        look_at_programs();
        if (input_.purpose == Purpose::plan) {
            look_at_tools();
        }
        if (input_.purpose == Purpose::plan || input_.sizes == Sizes::measured) {
            measure_items(inventory_, input_.request, input_.sizes);
        }
        return std::move(inventory_);
    }

private:
    static bool is_usable(const plan::Home& home) {
        return home.exists && home.problem == plan::HomeProblem::none;
    }

    // --- items ---

    void place_items() {
        const std::string name = profile_name();
        const rules::Profile& profile = input_.rules.profile(name);
        inventory_.profile = name;
        inventory_.profile_warning = profile.warning;

        plan::PlacementFacts facts;
        facts.same_filesystem = [this](const std::string& one, const std::string& other) {
            const os::FileInfo first = surveyor_.survey(one).info;
            const os::FileInfo second = surveyor_.survey(other).info;
            return first.device == second.device && first.mount_id == second.mount_id;
        };
        facts.same_directory = [this](const std::string& one, const std::string& other) {
            const std::optional<os::FileInfo> first = fs_.look_through(one);
            const std::optional<os::FileInfo> second = fs_.look_through(other);
            return first && second && first->type == os::FileType::directory &&
                   first->device == second->device && first->inode == second->inode;
        };
        inventory_.legacy_home = input_.request.legacy_home;
        for (plan::Home& home : inventory_.homes) {
            if (is_usable(home)) {
                place_home(home, facts);
                find_names(home, profile, facts);
            }
        }
        for (plan::Placement& placement : plan::place(
                 facts, input_.rules, profile, inventory_.layout, input_.request.selection)) {
            inventory_.items.push_back(item(std::move(placement)));
        }
        for (const plan::Home& home : inventory_.homes) {
            if (is_usable(home)) {
                add_unlinked(home, profile);
            }
        }
        add_links_of_homes();
        std::ranges::sort(
            inventory_.items, {}, [](const plan::Item& item) { return item.placement.item; });
    }

    // A home that is to become its data directory, or that an earlier transaction has made so.
    void place_home(const plan::Home& home, plan::PlacementFacts& facts) {
        const std::string name = plan::item_of_home(home.name);
        const rules::Rule& rule = plan::rule_of_home(home.name);
        plan::Placement placement{.item = name,
                                  .fate = Fate::move,
                                  .category = rules::Category::data,
                                  .target = "",
                                  .why = rule.why,
                                  .rule = &rule};
        const auto applied = home.past.applied.find(name);
        const std::string data =
            inventory_.layout.directories.at({home.name, rules::Category::data}).path;
        if (applied != home.past.applied.end()) {
            placement.fate = Fate::applied;
            placement.target = applied->second;
        } else if (input_.request.legacy_home == plan::LegacyHome::link && !home.is_link &&
                   home.path != data && home.past.transaction.empty()) {
            placement.target = data;
            facts.becomes[home.name] = data;
        } else {
            return;
        }
        inventory_.items.push_back(item(std::move(placement)));
    }

    // What comes along with a home has its links at depth one looked at, as in items that move.
    void add_links_of_homes() {
        for (plan::Item& home : inventory_.items) {
            if (home.placement.fate != Fate::move || !plan::is_home_item(home.placement.item)) {
                continue;
            }
            home.inner_links = inner_links(fs_, home.path);
            for (const plan::Item& item : inventory_.items) {
                if (item.placement.fate == Fate::in_place && item.placement.rule->programs &&
                    plan::lies_in(item.path, home.path)) {
                    std::ranges::move(inner_links(fs_, item.path),
                                      std::back_inserter(home.inner_links));
                }
            }
        }
    }

    // What was moved and has lost its link stays on record: its target is still ours.
    void add_unlinked(const plan::Home& home, const rules::Profile& profile) {
        for (const auto& [name, target] : home.past.applied) {
            const fs::path path = home.path / name.substr(name.find('/') + 1);
            const rules::Rule* rule = input_.rules.find(name);
            if (rule != nullptr && !fs_.look(path) && fs_.look(fs::path(target))) {
                plan::Item item;
                item.placement = {.item = name,
                                  .fate = Fate::applied,
                                  .category = input_.rules.category(*rule, profile),
                                  .target = target,
                                  .why = rule->why,
                                  .rule = rule};
                item.path = path;
                item.at_target = plan::AtTarget::something;
                inventory_.items.push_back(std::move(item));
            }
        }
    }

    // A bare migrate goes on with the profile that was applied.
    std::string profile_name() const {
        if (!input_.request.profile.empty()) {
            return input_.request.profile;
        }
        for (const plan::Home& home : inventory_.homes) {
            if (home.exists && !home.past.profile.empty()) {
                return home.past.profile;
            }
        }
        return std::string(rules::default_profile);
    }

    void find_names(plan::Home& home, const rules::Profile& profile, plan::PlacementFacts& facts) {
        const std::string prefix = std::string(rust::name_of(home.name)) + "/";
        find_in(home.path, prefix, profile, facts);
        for (const auto& [item, target] : home.past.applied) {
            const fs::path path = home.path / item.substr(prefix.size());
            const std::optional<os::FileInfo> info = fs_.look(path);
            if (info && info->type == os::FileType::symlink && link_text(path) == target) {
                facts.applied[item] = target;
            }
        }
        for (const std::string& file : home.included) {
            facts.included.push_back(prefix + file);
        }
    }

    void find_in(const fs::path& path, const std::string& prefix, const rules::Profile& profile,
                 plan::PlacementFacts& facts) {
        const os::Directory directory = fs_.open(path);
        for (const os::Entry& entry : fs_.list(directory)) {
            const std::string item = prefix + entry.name;
            if (is_ours(entry.name)) {
                continue;
            }
            const rules::Rule* rule = input_.rules.find(item);
            plan::Found found{.item = item, .type = type_of(fs_, directory, entry)};
            if (rule != nullptr && found.type == os::FileType::symlink) {
                found.leads_to_target = leads_to_target(path / entry.name, *rule, profile);
            }
            facts.found.push_back(found);
            if (found.type == os::FileType::directory && !input_.rules.inside(item).empty()) {
                find_in(path / entry.name, item + "/", profile, facts);
            }
        }
    }

    std::string link_text(const fs::path& path) const {
        return fs_.read_link({fs_.open(path.parent_path()), path.filename().string()});
    }

    bool leads_to_target(const fs::path& link, const rules::Rule& rule,
                         const rules::Profile& profile) const {
        const std::string target =
            plan::target_of(rule, input_.rules.category(rule, profile), inventory_.layout);
        if (target.empty()) {
            return false;
        }
        const std::optional<os::FileInfo> reached = fs_.look_through(link);
        const std::optional<os::FileInfo> there = fs_.look(fs::path(target));
        return reached && there && reached->device == there->device &&
               reached->inode == there->inode;
    }

    plan::Item item(plan::Placement placement) {
        const std::size_t slash = placement.item.find('/');
        const rust::HomeName name = *rust::home_named(placement.item.substr(0, slash));
        plan::Item item;
        item.path = inventory_.layout.homes.at(name).path;
        if (!plan::is_home_item(placement.item)) {
            item.path /= placement.item.substr(slash + 1);
        }
        if (!placement.from.empty()) {
            move_on(item, placement);
        }
        item.info = fs_.look(item.path).value_or(os::FileInfo{});
        if (item.info.type == os::FileType::symlink) {
            item.link_text = link_text(item.path);
        }
        item.writable_for_owner =
            item.info.type != os::FileType::directory || (item.info.mode & 0200U) != 0;
        if (placement.fate == Fate::move) {
            item.parent = fs_.look_through(item.path.parent_path()).value_or(os::FileInfo{});
            item.real = fs_.real_path(item.path.parent_path()) / item.path.filename();
            look_at_layer(item);
            look_at_target(item, placement.target);
            item.recreatable =
                recreatable_parts(fs_, input_.rules, inventory_.layout, *placement.rule);
            if (placement.rule->programs) {
                item.inner_links = inner_links(fs_, item.path);
            }
        }
        if (placement.fate == Fate::applied && fs_.look_through(item.path)) {
            item.at_target = plan::AtTarget::something;
        }
        item.placement = std::move(placement);
        return item;
    }

    // From the target that it was moved to before; where that was purged there is nothing to move,
    // and whoever does not plan looks at what was applied.
    void move_on(plan::Item& item, plan::Placement& placement) const {
        if (input_.purpose == Purpose::plan && fs_.look(fs::path(placement.from))) {
            item.compat_link = std::exchange(item.path, placement.from);
        } else {
            placement.fate = Fate::applied;
            placement.target = std::exchange(placement.from, {});
        }
    }

    void look_at_layer(plan::Item& item) const {
        const auto mount = std::ranges::find(mounts_, item.parent.mount_id, &os::Mount::id);
        item.lower_layer = item.info.type == os::FileType::directory && mount != mounts_.end() &&
                           may_be_in_lower_layer(fs_, *mount, fs_.real_path(item.path));
    }

    void look_at_target(plan::Item& item, const std::string& target) const {
        const std::optional<os::FileInfo> info = fs_.look(fs::path(target));
        if (!info) {
            return;
        }
        item.at_target = plan::AtTarget::something;
        if (info->type == os::FileType::directory && fs_.may_read(target) &&
            info->user == input_.environment.user && !info->mount_root &&
            fs_.is_empty(fs_.open(target))) {
            item.at_target = plan::AtTarget::empty_directory;
            item.empty_directory = {info->mode, info->mtime};
        }
    }

    // --- what surrounds them ---

    void look_at_targets() {
        for (const plan::Item& item : inventory_.items) {
            if (item.placement.fate == Fate::move) {
                look_at_parent(item.placement.target);
            }
        }
        for (const plan::Home& home : inventory_.homes) {
            for (const auto& [item, target] : home.past.applied) {
                if (input_.purpose == Purpose::repair && !fs_.look(fs::path(target))) {
                    look_at_parent(target);
                }
            }
        }
    }

    void look_at_parent(const fs::path& target) {
        const fs::path parent = target.parent_path();
        if (!inventory_.targets.contains(parent)) {
            inventory_.targets[parent] = surveyor_.survey(parent);
        }
    }

    void look_at_programs() {
        for (const plan::Home& home : inventory_.homes) {
            const std::optional<fs::path>& directory = input_.request.program_links
                                                           ? input_.request.program_links
                                                           : home.past.program_links;
            if (home.name == rust::HomeName::cargo && is_usable(home) && directory) {
                inventory_.program_links =
                    look_at_program_links(fs_, *directory, home.path / "bin");
                if (!plan::is_complete(*inventory_.program_links)) {
                    inventory_.targets[*directory] = surveyor_.survey(*directory);
                }
            }
        }
    }

    void look_at_tools() {
        if (inventory_.targets.empty()) {
            return;
        }
        std::vector<rust::WatchedHome> watched;
        for (const plan::Home& home : inventory_.homes) {
            if (is_usable(home)) {
                watched.push_back(watched_home(home));
            }
        }
        inventory_.tools = rust::running_tools(watched);
        const fs::path rustup =
            fs::path(inventory_.layout.homes.at(rust::HomeName::cargo).path) / "bin" / "rustup";
        const std::optional<os::FileInfo> info = fs_.look_through(rustup);
        if (info && info->type == os::FileType::file &&
            (info->user == input_.environment.user || info->user == 0)) {
            inventory_.rustup = rust::version_of_program(rustup);
        }
    }

    rust::WatchedHome watched_home(const plan::Home& home) const {
        rust::WatchedHome watched{home.name, home.path, {home.site.real}};
        for (const auto& [item, target] : home.past.applied) {
            if (fs_.look_through(target)) {
                watched.places.push_back(fs_.real_path(target));
            }
        }
        return watched;
    }

    const os::ReadFs& fs_;
    const ScanInput& input_;
    std::vector<os::Mount> mounts_;
    Surveyor surveyor_;
    plan::Inventory inventory_;
};

}  // namespace

layout::Wishes wishes_with_applied(const os::Environment& environment, const plan::Request& request,
                                   const std::vector<journal::Journal>& journals) {
    layout::Wishes wishes = request.wishes;
    const layout::Layout before = layout::make_layout(environment, wishes);
    for (const rust::HomeName name : rust::home_names) {
        if (const journal::Journal* journal = in_force(journals, before.homes.at(name).path)) {
            add_applied(wishes, journal->begin.plan, name);
        }
    }
    return wishes;
}

plan::Inventory scan(const os::ReadFs& fs, const ScanInput& input) {
    return Scanner(fs, input).scan();
}

}  // namespace rehome::scan
