#include "apply/session.hpp"

#include "apply/former_target.hpp"
#include "apply/item_state.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/pointer.hpp"
#include "plan/place_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rehome::apply {

namespace {

constexpr const char* link_staging = ".rehome-link";

// Where the home itself has gone; nothing where it is to be a directory.
std::optional<std::filesystem::path> moved_to(const plan::Plan& plan,
                                              const plan::PlannedHome& home) {
    const auto item = std::ranges::find_if(plan.items, [&](const plan::PlannedItem& one) {
        return one.item == plan::item_of_home(home.name) && plan::is_placed(one.fate);
    });
    return item == plan.items.end() ? std::nullopt : std::optional(item->target);
}

// Half an exchange, and a link that was removed, have left no way to a home that is a link. The
// home is where the pointer is; what a tool has made anew at its old path may be in use by now, and
// is not for us to move away.
void reach_moved_home(os::Fs& fs, const plan::PlannedHome& home,
                      const std::filesystem::path& target) {
    const std::optional<os::FileInfo> there = fs.look(target);
    const std::optional<os::FileInfo> here = fs.look(home.path);
    const std::optional<os::Directory> parent = fs.open_if_there(home.path.parent_path());
    if (!there || there->type != os::FileType::directory || !parent ||
        !fs.look(target / journal::pointer_name)) {
        return;
    }
    if (!here) {
        fs.make_symlink({*parent, home.path.filename().string()}, target.native());
        fs.sync_directories({*parent});
    } else if (here->type == os::FileType::directory &&
               (here->device != there->device || here->inode != there->inode)) {
        throw base::Error(
            base::Kind::attention,
            fmt::format("{} is a directory again, but the home was moved to {}: what is in the "
                        "first would be out of reach; nothing was changed",
                        base::in_quotes(home.path.native()),
                        base::in_quotes(target.native())),
            "move what you need of the first into the second, rename the first, then run the "
            "command "
            "again");
    }
}

void make_home_again(os::Fs& fs, const plan::PlannedHome& home) {
    if (fs.open_if_there(home.path)) {
        return;
    }
    const std::optional<os::Directory> parent = fs.open_if_there(home.path.parent_path());
    if (!parent || fs.look(home.path)) {
        throw base::Error(
            base::Kind::attention,
            fmt::format("the home {} is gone, and so there is nowhere to put its items",
                        base::in_quotes(home.path.native())),
            "mount its filesystem or make that directory again, then run the command again");
    }
    fs.make_directory({*parent, home.path.filename().string()}, home.mode);
    fs.sync_directories({*parent});
}

// Nested items (registry/src) need the directory that they lie in.
void make_parents_again(os::Fs& fs, const plan::Plan& plan, const plan::PlannedHome& home) {
    for (const plan::Switch* step : plan.switches()) {
        const std::filesystem::path& item = path_in_home(*step);
        if (!plan::lies_in(item, home.path)) {
            continue;
        }
        std::filesystem::path path = home.path;
        for (const auto& part : item.parent_path().lexically_relative(home.path)) {
            if (part != "." && !fs.look_through(path / part)) {
                const os::Directory directory = fs.open(path);
                fs.make_directory({directory, part.string()}, home.mode);
                fs.sync_directories({directory});  // before an item relies on it
            }
            path /= part;
        }
    }
}

// Where the item itself is; nothing if it is at neither place.
std::optional<os::Location> place_of(const os::ReadFs& fs, const Places& places) {
    switch (state_of(fs, places)) {
        case ItemState::unswitched:
        case ItemState::conflict: return places.home;
        case ItemState::switched:
        case ItemState::half: return places.target;
        case ItemState::purged:
        case ItemState::gone: break;
    }
    return std::nullopt;
}

// Nothing where it cannot be read, or something else is in its place: a link is not followed, a
// mount not entered.
std::optional<os::Directory> open_item(const os::ReadFs& fs, const os::Location& place) {
    try {
        return fs.open_inside(place.directory, place.name);
    } catch (const base::Error& error) {
        if (error.code() == ENOTDIR || error.code() == ELOOP || error.code() == EXDEV ||
            error.code() == EACCES) {
            return std::nullopt;
        }
        throw;
    }
}

}  // namespace

HomesLock lock_homes(const Context& context, const plan::Plan& plan) {
    std::vector<rust::WatchedHome> homes;
    for (const plan::PlannedHome& home : plan.homes) {
        if (const auto target = moved_to(plan, home)) {
            reach_moved_home(context.fs, home, *target);
        }
        make_home_again(context.fs, home);
        homes.push_back({home.name, home.path, {context.fs.real_path(home.path)}});
    }
    try {
        HomesLock lock =
            HomesLock::take_own(context.fs, std::move(homes), context.wait, context.tell);
        // Until now another rehome may have been at work there.
        for (const plan::PlannedHome& home : plan.homes) {
            make_parents_again(context.fs, plan, home);
        }
        const auto switches = plan.switches();
        for (const plan::Switch* step : switches) {
            for (const std::filesystem::path& place : {step->target, step->path}) {
                const bool is_elsewhere = place == step->target || plan::moves_on(*step);
                if (is_elsewhere && context.fs.look_through(place)) {
                    lock.watch(path_in_home(*step), context.fs.real_path(place));
                }
            }
        }
        const bool copies = std::ranges::any_of(
            switches, [](const plan::Switch* step) { return step->way != plan::Way::rename; });
        if (!copies) {
            lock.take_tools(context.fs, context.wait, context.tell, {});
        }
        return lock;
    } catch (base::Error& error) {
        if (error.kind() == base::Kind::busy) {
            error.add_context("nothing was changed");
        }
        throw;
    }
}

HomesLock lock_to_look(const Context& context, const plan::Plan& plan) {
    std::vector<rust::WatchedHome> homes;
    for (const plan::PlannedHome& home : plan.homes) {
        if (context.fs.open_if_there(home.path)) {
            homes.push_back({home.name, home.path, {context.fs.real_path(home.path)}});
        }
    }
    return HomesLock::take_own(context.fs, std::move(homes), context.wait, context.tell);
}

HomesLock lock_homes_of(const Context& context, const journal::Journal& journal) {
    try {
        return lock_homes(context, journal.begin.plan);
    } catch (base::Error& error) {
        if (error.kind() == base::Kind::io) {
            error.set_kind(base::Kind::attention);
            error.add_context(
                fmt::format("nothing was changed; transaction {} is as it was", journal.begin.id));
            error.set_help(
                fmt::format("mend that, then run the command again, or `rehome rollback {}`",
                            journal.begin.id));
        }
        throw;
    }
}

void begin(os::Fs& fs, journal::Created& created, const journal::Begin& record) {
    try {
        created.writer.append(record);
        fs.sync_directories(created.unsynced);
    } catch (const base::Error& error) {
        try {
            journal::remove_transaction(fs, created.writer.path());
        } catch (const base::Error& second) {
            throw base::Error(
                base::Kind::attention,
                fmt::format(
                    "{}; taking the journal back failed as well: {}", error.what(), second.what()),
                fmt::format("mend that, then run `rehome rollback {}`; nothing else was changed",
                            record.id));
        }
        throw;
    }
}

std::vector<Places> open_all(const os::ReadFs& fs, const plan::Plan& plan, const std::string& id) {
    std::vector<Places> all;
    for (const plan::Switch* step : plan.switches()) {
        all.push_back(open_places(fs, *step, id, all.size() + 1));
    }
    return all;
}

std::vector<journal::PathTime> times_of(const os::ReadFs& fs, const plan::Plan& plan,
                                        const std::vector<Places>& places) {
    std::vector<journal::PathTime> times;
    const auto add_directory = [&](const std::filesystem::path& path) {
        const bool known = std::ranges::find(times, path, &journal::PathTime::path) != times.end();
        const std::optional<os::Directory> directory = fs.open_if_there(path);
        if (directory && !known) {
            times.push_back({path, fs.look(*directory).mtime});
        }
    };
    for (const Places& one : places) {
        const std::optional<os::Location> place = place_of(fs, one);
        const std::optional<os::FileInfo> info = place ? fs.look(*place) : std::nullopt;
        if (info && info->type == os::FileType::directory) {
            times.push_back({one.step->path, info->mtime});
        }
        add_directory(one.step->path.parent_path());
        if (plan::moves_on(*one.step)) {
            add_directory(one.step->compat_link.parent_path());
        }
        if (one.step->displaces) {
            add_directory(one.step->target.parent_path());
        }
    }
    // The pointer to the journal changes a home, whatever else does.
    for (const plan::PlannedHome& home : plan.homes) {
        add_directory(home.path);
    }
    for (const plan::Step& step : plan.steps) {
        if (const auto* link = std::get_if<plan::MakeLink>(&step)) {
            add_directory(link->path.parent_path());
        } else if (const auto* removed = std::get_if<plan::RemoveLink>(&step)) {
            add_directory(removed->path.parent_path());
        } else if (const auto* rewrite = std::get_if<plan::RewriteLink>(&step)) {
            add_directory(rewrite->path.parent_path());
        }
    }
    return times;
}

void put_back_times(os::Fs& fs, Barrier& barrier, const std::vector<journal::PathTime>& times,
                    const std::vector<Places>& places) {
    for (const journal::PathTime& time : times) {
        const auto item = std::ranges::find_if(
            places, [&](const Places& one) { return one.step->path == time.path; });
        if (item != places.end()) {
            const std::optional<os::Location> place = place_of(fs, *item);
            const std::optional<os::FileInfo> info = place ? fs.look(*place) : std::nullopt;
            if (info && info->mtime != time.mtime) {
                fs.set_mtime(*place, time.mtime);
                if (const std::optional<os::Directory> own = open_item(fs, *place)) {
                    barrier.touch(*own);
                }
            }
        } else if (const std::optional<os::Directory> left = fs.open_if_there(time.path)) {
            if (fs.look(*left).mtime != time.mtime) {
                fs.set_mtime(*left, time.mtime);
                barrier.touch(*left);
            }
        }
    }
}

void rewrite_link(os::Fs& fs, Barrier& barrier, const std::filesystem::path& path,
                  const std::string& expected, const std::string& text) {
    const std::optional<os::Directory> directory = fs.open_if_there(path.parent_path());
    if (!directory) {
        return;
    }
    const os::Location link{*directory, path.filename().string()};
    const os::Location staging{*directory, link_staging};
    fs.remove_file(staging);
    const std::optional<os::FileInfo> info = fs.look(link);
    if (!info || info->type != os::FileType::symlink || fs.read_link(link) != expected) {
        return;
    }
    barrier.touch(*directory);
    fs.make_symlink(staging, text);
    fs.set_mtime(staging, info->mtime);
    fs.rename_over(staging, link);
}

}  // namespace rehome::apply
