#include "care/home_survey.hpp"

#include "apply/copy_sight.hpp"
#include "apply/places.hpp"
#include "apply/target_mounts.hpp"
#include "care/leftovers.hpp"
#include "plan/place_checks.hpp"
#include "rust/cargo_locks.hpp"
#include "scan/compat_links.hpp"
#include "scan/past.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;
using journal::Journal;

bool touches(const Journal& journal, const fs::path& home) {
    return std::ranges::any_of(journal.begin.plan.homes, [&](const plan::PlannedHome& planned) {
        return planned.path == home;
    });
}

Deed deed_of(const Journal& journal) {
    return {journal.begin.id, journal.begin.time, journal.begin.plan.profile};
}

// A switch, and the transaction that it belongs to.
struct Told {
    const Journal* journal = nullptr;
    const plan::Switch* step = nullptr;
    std::size_t number = 0;  // in its plan, from 1
};

class HomeLook {
public:
    HomeLook(const HomeView& view, rust::HomeName name)
        : view_(view), fs_(view.fs), path_(view.layout.homes.at(name).path) {
        home_.name = name;
        home_.path = path_;
        for (const Journal& journal : view.journals) {
            if (touches(journal, path_)) {
                journals_.push_back(&journal);
            }
        }
    }

    CaredHome look() {
        home_.has_journal = !journals_.empty();
        look_at_directory();
        if (home_.kind == HomeKind::unusable) {
            return std::move(home_);
        }
        look_at_secrets();
        look_at_locks();
        const Journal* in_force = scan::in_force(view_.journals, path_);
        if (in_force != nullptr) {
            home_.in_force = deed_of(*in_force);
            home_.is_unsettled = in_force->has_unsettled_originals() || in_force->has_links_left();
            add_items_in_force(*in_force);
            leave_items_of_other_home();
            add_directories(*in_force);
        }
        for (const Journal* journal : journals_) {
            if (journal->is_unfinished()) {
                home_.unfinished = deed_of(*journal);
                add_items_of(*journal);
            }
        }
        if (!home_.in_force && !home_.unfinished) {
            add_links();
            add_purged_links();
        }
        std::ranges::sort(home_.items, {}, &CaredItem::item);
        if (!home_.is_astray) {  // whose items are not known accounts for nothing
            home_.leftovers = leftovers_of(view_, home_, journals_);
        }
        return std::move(home_);
    }

private:
    void look_at_directory() {
        const std::optional<os::FileInfo> info = fs_.look(path_);
        if (!info) {
            return;
        }
        const std::optional<os::FileInfo> real = fs_.look_through(path_);
        if (!real || real->type != os::FileType::directory || !fs_.may_read(path_)) {
            home_.kind = HomeKind::unusable;
            return;
        }
        home_.kind = info->type == os::FileType::symlink ? HomeKind::link : HomeKind::directory;
        home_.mode = real->mode;
        for (const char* config : {"config", "config.toml"}) {
            const auto file = fs_.look_through(path_ / config);
            home_.has_config |= file && file->type == os::FileType::file;
        }
        home_.has_pointer = fs_.look(path_ / journal::pointer_name).has_value();
    }

    // Those that a rule wants closed, moved or not.
    void look_at_secrets() {
        if (view_.rules == nullptr) {
            return;
        }
        for (const auto& [name, rule] : view_.rules->rules) {
            const bool is_secret =
                rule.home() == home_.name && rule.mode && (*rule.mode & 077U) == 0;
            const auto info = is_secret ? fs_.look_through(path_ / rule.path()) : std::nullopt;
            if (info && info->type == os::FileType::file) {
                home_.secrets.push_back({path_ / rule.path(), info->mode});
            }
        }
    }

    // Where its directory is there, cargo makes the file again through the link.
    void look_at_locks() {
        if (home_.name != rust::HomeName::cargo) {
            return;
        }
        for (const std::string_view name : rust::cache_locks) {
            const fs::path path = path_ / name;
            const std::optional<os::FileInfo> info = fs_.look(path);
            if (!info || info->type != os::FileType::symlink || fs_.look_through(path)) {
                continue;
            }
            const fs::path leads =
                path_ / fs_.read_link({fs_.open(path_), path.filename().string()});
            if (!fs_.look_through(leads.parent_path())) {
                home_.lost_locks.push_back({path, name == ".package-cache"});
            }
        }
    }

    // The newest journal that has moved it; an item may have been moved long before the newest.
    Told told_of(const plan::PlannedItem& item) const {
        for (auto journal = journals_.rbegin(); journal != journals_.rend(); ++journal) {
            if (!(*journal)->is_in_force()) {
                continue;
            }
            std::size_t number = 0;
            for (const plan::Switch* step : (*journal)->begin.plan.switches()) {
                ++number;
                if (plan::path_in_home(*step) == item.path) {
                    return {*journal, step, number};
                }
            }
        }
        return {};
    }

    void add_items_in_force(const Journal& journal) {
        for (const plan::PlannedItem& item : journal.begin.plan.items) {
            if (!plan::lies_in(item.path, path_)) {
                continue;
            }
            if (item.fate == plan::Fate::excluded) {
                home_.left_out.insert(item.item);
            }
            if (!plan::is_placed(item.fate)) {
                continue;
            }
            if (item.fate == plan::Fate::in_place) {
                CaredItem cared = described(item.item, item.category, item.path, item.directory);
                cared.standing = fs_.look(item.path) ? Standing::in_place : Standing::gone;
                home_.items.push_back(std::move(cared));
            } else if (const Told told = told_of(item); told.step != nullptr) {
                add_switched(told, item.category);
            } else {
                add_adopted(journal, item);
            }
        }
    }

    // What a tool has made in the place of a home that was moved has none of its items.
    void leave_items_of_other_home() {
        const auto home = std::ranges::find_if(
            home_.items, [](const CaredItem& item) { return plan::is_home_item(item.item); });
        home_.is_astray = home != home_.items.end() && home->standing != Standing::moved;
        if (home_.is_astray) {
            home_.items = {CaredItem(*home)};
        }
    }

    void add_items_of(const Journal& journal) {
        std::size_t number = 0;
        for (const plan::Switch* step : journal.begin.plan.switches()) {
            ++number;
            if (!plan::lies_in(plan::path_in_home(*step), path_)) {
                continue;
            }
            std::erase_if(home_.items,
                          [&](const CaredItem& item) { return item.item == step->item; });
            rules::Category category = rules::Category::keep;
            for (const plan::PlannedItem& item : journal.begin.plan.items) {
                category = item.item == step->item ? item.category : category;
            }
            add_switched({&journal, step, number}, category);
        }
    }

    void add_switched(const Told& told, rules::Category category) {
        const fs::path& path = plan::path_in_home(*told.step);
        CaredItem item = described(told.step->item, category, path, told.step->directory);
        item.target = told.step->target;
        item.transaction = told.journal->begin.id;
        const apply::Places there =
            apply::open_places(fs_, *told.step, told.journal->begin.id, told.number);
        // What has moved on is looked at where the tools look for it.
        plan::Switch seen = *told.step;
        seen.path = path;
        const apply::Places places =
            told.journal->is_in_force()
                ? apply::open_places(fs_, seen, told.journal->begin.id, told.number)
                : there;
        item.standing = standing_of(fs_, *told.journal, places);
        item.has_parent = places.target.has_value();
        item.lacks_parent = !places.home.has_value();
        const bool copied = told.step->way != plan::Way::rename;
        item.is_away = copied && !apply::is_target_mounted(fs_, *told.journal, places);
        if (copied && told.journal->is_in_force() && there.home &&
            apply::see(fs_, there).aside == apply::At::thing) {
            item.kept_original = apply::beside(*there.home, there.aside).path();
        }
        home_.items.push_back(std::move(item));
    }

    // A link of the user that led to the target before; or the journal that moved it is forgotten.
    void add_adopted(const Journal& journal, const plan::PlannedItem& planned) {
        const plan::Switch step{.item = planned.item,
                                .path = planned.path,
                                .target = planned.target,
                                .directory = planned.directory,
                                .regenerable = planned.regenerable,
                                .identity = {},
                                .replaces = std::nullopt};
        CaredItem item = described(planned.item, planned.category, planned.path, planned.directory);
        item.target = planned.target;
        const apply::Places places = apply::open_places(fs_, step, journal.begin.id, 0);
        item.standing = standing_of(fs_, places);
        item.has_parent = places.target.has_value();
        home_.items.push_back(std::move(item));
    }

    void add_links() {
        const plan::Plan plan = scan::plan_from_links(fs_, view_.layout);
        for (const plan::Switch* step : plan.switches()) {
            if (!plan::lies_in(step->path, path_)) {
                continue;
            }
            CaredItem item =
                described(step->item, rules::Category::keep, step->path, step->directory);
            item.category = category_by_place(step->target);
            item.target = step->target;
            item.standing = standing_of(fs_, apply::open_places(fs_, *step, "", 0));
            item.has_parent = true;
            home_.items.push_back(std::move(item));
            home_.is_only_links = true;
        }
    }

    // Links that look alike and lead nowhere any more: what they led to is not known, only what it
    // has to have been.
    void add_purged_links() {
        if (view_.rules == nullptr) {
            return;
        }
        for (const auto& [name, rule] : view_.rules->rules) {
            const fs::path path = path_ / rule.path();
            const std::optional<os::FileInfo> info =
                rule.home() == home_.name ? fs_.look(path) : std::nullopt;
            if (!info || info->type != os::FileType::symlink || fs_.look_through(path)) {
                continue;
            }
            const fs::path parent = path.parent_path();
            const fs::path text = fs_.read_link({fs_.open(parent), path.filename().string()});
            const fs::path target = (parent / text).lexically_normal();
            const rules::Category category = category_by_place(target);
            if (category != rules::Category::keep && target.filename() == path.filename() &&
                rule.category != rules::Category::keep) {
                CaredItem item =
                    described(name, category, path, rule.kind == rules::ItemKind::directory);
                item.target = target;
                item.standing = Standing::purged;
                item.has_parent = fs_.look_through(target.parent_path()).has_value();
                home_.items.push_back(std::move(item));
            }
        }
    }

    rules::Category category_by_place(const fs::path& target) const {
        rules::Category category = rules::Category::keep;
        for (const auto& [slot, directory] : view_.layout.directories) {
            if (slot.first == home_.name && plan::lies_in(target, directory.path)) {
                category = slot.second;
            }
        }
        return category;
    }

    CaredItem described(const std::string& name, rules::Category category, const fs::path& path,
                        bool directory) const {
        CaredItem item{
            .item = name, .category = category, .path = path, .target = {}, .directory = directory};
        const rules::Rule* rule = view_.rules != nullptr ? view_.rules->find(name) : nullptr;
        if (rule != nullptr) {
            item.when_deleted = rule->when_deleted;
        }
        if (const auto info = fs_.look(path)) {
            item.at_path = info->type;
            item.is_empty = info->type == os::FileType::directory && fs_.may_read(path) &&
                            fs_.is_empty(fs_.open(path));
        }
        return item;
    }

    void add_directories(const Journal& journal) {
        for (const plan::UsedDirectory& used : journal.begin.plan.directories) {
            const std::optional<os::FileInfo> info = fs_.look_through(used.path);
            if (used.home == home_.name && info && info->type == os::FileType::directory) {
                home_.directories.push_back({used.path, info->mode});
            }
        }
    }

    const HomeView& view_;
    const os::ReadFs& fs_;
    fs::path path_;
    std::vector<const Journal*> journals_;
    CaredHome home_;
};

}  // namespace

CaredHome look_at_home(const HomeView& view, rust::HomeName name) {
    return HomeLook(view, name).look();
}

}  // namespace rehome::care
