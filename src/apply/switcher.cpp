// One item's way to its target and back. The exchange is one atomic call; everything else here is
// for the moment before it, the look after it, and filesystems that do not have it:
//   a file       gets a second name at the target, then a link is renamed over the first: no window
//   a directory  is renamed, then the link is made: a window of one call, in which a program may
//   make
//                something at the old path; that is renamed aside and named
#include "apply/switcher.hpp"

#include "apply/compat_link.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <functional>
#include <utility>

namespace rehome::apply {

namespace {

base::Error failure(const Places& places, std::string_view what, std::string help) {
    return {base::Kind::io,
            fmt::format("could not move {} from {} to {}: {}",
                        places.step->item,
                        base::in_quotes(places.step->path.native()),
                        base::in_quotes(places.step->target.native()),
                        what),
            std::move(help)};
}

base::Error needs_copy(const Places& places) {
    return failure(places,
                   "the target is on another filesystem or mount, so it would have to be copied",
                   "leave it out with --exclude " + places.step->item +
                       ", or choose a directory on the same filesystem");
}

base::Error stuck(const Places& places) {
    return failure(places,
                   "a name of ours there could not be renamed",
                   "look at both, then run the command again");
}

base::Error vanished(const Places& places) {
    return failure(places,
                   "one of the two was removed or replaced in the meantime",
                   "look at both, then run the command again");
}

// On a full disk a reader may meet a loop for an instant; not going back at all would be worse. Not
// so where the link in the home leads to the target: it would lead into the loop until it is
// turned.
void unless_full(const os::ReadFs& fs, const plan::Switch& step,
                 const std::function<void()>& make) {
    try {
        make();
    } catch (const base::Error& error) {
        const bool is_full = error.code() == ENOSPC || error.code() == EDQUOT;
        if (!is_full || (plan::moves_on(step) && leads_to(fs, step.compat_link, step.target))) {
            throw;
        }
    }
}

}  // namespace

void link_where_nothing_is(os::Fs& fs, Barrier& barrier, const Tell& tell, const Places& places) {
    barrier.touch(places.home->directory);
    for (int number = 1; fs.make_symlink(*places.home, places.step->target) == os::Made::exists;
         ++number) {
        const os::Location aside =
            beside(*places.home, fmt::format("{}-{}", places.staging, number));
        if (fs.rename_new(*places.home, aside) == os::Renamed::done) {
            tell("Kept",
                 fmt::format("what a program made at {} in that moment, as {}",
                             base::in_quotes(places.step->path.native()),
                             base::in_quotes(aside.path().native())));
        }
    }
}

void exchange_back(os::Fs& fs, const os::Location& one, const os::Location& other) {
    if (fs.exchange(one, other) != os::Renamed::done) {
        throw base::Error(base::Kind::io,
                          fmt::format("{} and {} were exchanged, one of the two was not what was "
                                      "meant, and they could not be exchanged back",
                                      base::in_quotes(one.path().native()),
                                      base::in_quotes(other.path().native())));
    }
}

Switcher::Switcher(os::Fs& fs, Barrier& barrier, Tell tell)
    : fs_(fs), barrier_(barrier), tell_(std::move(tell)) {}

void Switcher::displace(const Places& places) {
    if (!places.step->displaces || state_of(fs_, places) != ItemState::conflict) {
        return;
    }
    const os::Location aside = beside(*places.target, places.displaced);
    if (fs_.look(aside)) {
        return;
    }
    barrier_.touch(places.target->directory);
    if (fs_.rename_new(*places.target, aside) != os::Renamed::done) {
        throw vanished(places);
    }
}

void Switcher::put_displaced_back(const Places& places) {
    if (!places.step->displaces || !places.target) {
        return;
    }
    const os::Location aside = beside(*places.target, places.displaced);
    if (!fs_.look(aside)) {
        return;
    }
    barrier_.touch(places.target->directory);
    switch (fs_.rename_new(aside, *places.target)) {
        case os::Renamed::done: break;
        case os::Renamed::exists:
            tell_("Kept",
                  fmt::format("what was at {} before, as {}",
                              base::in_quotes(places.step->target.native()),
                              base::in_quotes(aside.path().native())));
            break;
        default: throw stuck(places);
    }
}

void Switcher::place_link(const Places& places) {
    if (state_of(fs_, places) != ItemState::unswitched) {
        return;
    }
    base::require(places.target.has_value(), "the target's directory was made before");
    remove_second_name(places);
    const os::Location& target = *places.target;
    if (places.step->replaces && fs_.look(target)) {
        const std::optional<os::FileInfo> info = fs_.look(target);
        if (info->type == os::FileType::directory) {
            fs_.remove_directory(target);
        }
    }
    barrier_.touch(target.directory);
    if (fs_.make_symlink(target, places.step->target) == os::Made::exists) {
        const std::optional<os::FileInfo> info = fs_.look(target);
        const bool ours = info && info->type == os::FileType::symlink &&
                          places.is_our_text(fs_.read_link(target));
        if (!ours) {
            throw failure(places,
                          "something has appeared at the target",
                          "compare the two and rename the one you do not need");
        }
    }
}

void Switcher::switch_to_target(const Places& places, Identities identities) {
    switch (state_of(fs_, places)) {
        case ItemState::switched:
        case ItemState::purged: return;
        case ItemState::half: return link_where_nothing_is(fs_, barrier_, tell_, places);
        case ItemState::gone: throw vanished(places);
        case ItemState::conflict:
            throw base::Error(base::Kind::attention,
                              fmt::format("{} is both at {} and at {}",
                                          places.step->item,
                                          base::in_quotes(places.step->path.native()),
                                          base::in_quotes(places.step->target.native())),
                              "run `rehome rollback`: it keeps the first and sets the other aside");
        case ItemState::unswitched: break;
    }
    barrier_.touch(places.home->directory);
    barrier_.touch(places.target->directory);
    switch (fs_.exchange(*places.home, *places.target)) {
        case os::Renamed::done: return look_after(places, identities);
        case os::Renamed::cross_device: throw needs_copy(places);
        case os::Renamed::missing:
        case os::Renamed::exists: throw vanished(places);
        case os::Renamed::unsupported: break;
    }
    if (places.step->directory) {
        switch_directory_without_exchange(places);
    } else {
        switch_file_without_exchange(places);
    }
}

// An item that was swapped for something else since the plan was made has been moved in its stead:
// back with it, before anybody takes it for the item.
void Switcher::look_after(const Places& places, Identities identities) {
    const std::optional<os::FileInfo> moved = fs_.look(*places.target);
    const std::optional<os::FileInfo> through = fs_.look_through(places.step->path);
    const std::optional<os::FileInfo> link = fs_.look(*places.home);
    const plan::Identity meant = places.step->identity;
    const bool is_kind =
        moved && (moved->type == os::FileType::directory || moved->type == os::FileType::file) &&
        (moved->type == os::FileType::directory) == places.step->directory;
    const bool is_thing = is_kind && (identities == Identities::from_another_run ||
                                      plan::Identity{moved->device, moved->inode} == meant);
    const bool is_link = link && link->type == os::FileType::symlink &&
                         places.is_our_text(fs_.read_link(*places.home));
    const bool leads_there =
        moved && through && through->device == moved->device && through->inode == moved->inode;
    if (is_thing && is_link && leads_there) {
        return;
    }
    exchange_back(fs_, *places.home, *places.target);
    throw vanished(places);
}

void Switcher::make_link_over(const os::Location& place, const std::string& staging,
                              const std::string& text) {
    const os::Location temporary = beside(place, staging);
    fs_.remove_file(temporary);
    fs_.make_symlink(temporary, text);
    fs_.rename_over(temporary, place);
}

void Switcher::switch_file_without_exchange(const Places& places) {
    const os::Location temporary = beside(*places.target, places.staging);
    fs_.remove_file(temporary);
    switch (fs_.make_hard_link(*places.home, temporary)) {
        case os::Renamed::done: break;
        case os::Renamed::cross_device: throw needs_copy(places);
        case os::Renamed::unsupported: return switch_directory_without_exchange(places);
        default: throw vanished(places);
    }
    fs_.rename_over(temporary, *places.target);
    fs_.remove_file(temporary);  // still there if both were names of the file already
    barrier_.sync();             // before the first name goes
    barrier_.touch(places.home->directory);
    make_link_over(*places.home, places.staging, places.step->target);
}

void Switcher::switch_directory_without_exchange(const Places& places) {
    remove_if_ours(places, *places.target);
    switch (fs_.rename_new(*places.home, *places.target)) {
        case os::Renamed::done: break;
        case os::Renamed::cross_device: throw needs_copy(places);
        default: throw vanished(places);
    }
    link_where_nothing_is(fs_, barrier_, tell_, places);
}

void Switcher::place_peers(const Places& places) {
    if (state_of(fs_, places) != ItemState::switched) {
        return;
    }
    const os::Location& home = *places.home;
    const os::Location& target = *places.target;
    unless_full(fs_, *places.step, [&] {
        fs_.make_symlink(beside(target, places.peer), places.step->path);
        fs_.make_symlink(beside(home, places.peer), places.step->target);
    });
    barrier_.touch(home.directory);
    barrier_.touch(target.directory);
}

void Switcher::turn_to_peer(const Places& places) {
    const bool has_peers = state_of(fs_, places) == ItemState::switched &&
                           fs_.look(beside(*places.home, places.peer)) &&
                           fs_.look(beside(*places.target, places.peer));
    if (has_peers) {
        barrier_.touch(places.home->directory);
        unless_full(fs_, *places.step, [&] { put_peer_for_link(places); });
    }
}

// A program may save a file over the compat link at any moment: by a rename over it that file would
// be lost, unseen.
void Switcher::put_peer_for_link(const Places& places) {
    const os::Location& home = *places.home;
    const os::Location temporary = beside(home, places.staging);
    fs_.remove_file(temporary);
    fs_.make_symlink(temporary, places.peer);
    switch (fs_.exchange(home, temporary)) {
        case os::Renamed::done: break;
        case os::Renamed::unsupported: return fs_.rename_over(temporary, home);
        default: throw vanished(places);
    }
    const std::optional<os::FileInfo> replaced = fs_.look(temporary);
    const std::optional<os::FileInfo> through = fs_.look_through(temporary.path());
    const std::optional<os::FileInfo> thing = fs_.look(*places.target);
    const bool is_link =
        replaced && replaced->type == os::FileType::symlink &&
        (places.is_our_text(fs_.read_link(temporary)) ||
         (through && thing && through->device == thing->device && through->inode == thing->inode));
    if (!is_link) {
        exchange_back(fs_, home, temporary);
        fs_.remove_file(temporary);
        throw vanished(places);
    }
    fs_.remove_file(temporary);
}

void Switcher::switch_back(const Places& places) {
    const ItemState state = state_of(fs_, places);
    if (state != ItemState::switched && state != ItemState::half) {
        return;
    }
    barrier_.touch(places.home->directory);
    barrier_.touch(places.target->directory);
    if (state == ItemState::half) {
        if (fs_.rename_new(*places.target, *places.home) != os::Renamed::done) {
            throw vanished(places);
        }
        return;
    }
    switch (fs_.exchange(*places.home, *places.target)) {
        case os::Renamed::done: break;
        case os::Renamed::unsupported: return switch_back_without_exchange(places);
        case os::Renamed::cross_device:
            throw failure(
                places, "the two are on different filesystems now", "mount them as they were");
        default: throw vanished(places);
    }
    if (state_of(fs_, places) != ItemState::unswitched) {
        exchange_back(fs_, *places.home, *places.target);
        throw vanished(places);
    }
}

void Switcher::switch_back_without_exchange(const Places& places) {
    const os::Location temporary = beside(*places.home, places.staging);
    fs_.remove_file(temporary);
    if (!places.step->directory &&
        fs_.make_hard_link(*places.target, temporary) == os::Renamed::done) {
        fs_.rename_over(temporary, *places.home);
        barrier_.sync();  // before the other name goes
        barrier_.touch(places.target->directory);
        fs_.remove_file(*places.target);
        return;
    }
    remove_if_ours(places, *places.home);
    if (fs_.rename_new(*places.target, *places.home) != os::Renamed::done) {
        throw vanished(places);
    }
}

bool Switcher::is_our_link(const Places& places, const os::Location& place) const {
    const std::optional<os::FileInfo> info = fs_.look(place);
    return info && info->type == os::FileType::symlink && places.is_our_text(fs_.read_link(place));
}

// Under a name that nobody else uses first: at this one a program may save a file between our look
// and the removal.
void Switcher::remove_if_ours(const Places& places, const os::Location& place) {
    if (!is_our_link(places, place)) {
        return;
    }
    barrier_.touch(place.directory);
    const os::Location private_name = beside(place, places.staging);
    fs_.remove_file(private_name);
    switch (fs_.rename_new(place, private_name)) {
        case os::Renamed::done: break;
        case os::Renamed::missing: return;
        default: throw stuck(places);
    }
    if (is_our_link(places, private_name)) {
        fs_.remove_file(private_name);
    } else if (fs_.rename_new(private_name, place) != os::Renamed::done) {
        throw vanished(places);
    }
}

// A way there that ended between the two halves of switch_file_without_exchange().
void Switcher::remove_second_name(const Places& places) {
    const std::optional<os::FileInfo> home = places.home ? fs_.look(*places.home) : std::nullopt;
    const std::optional<os::FileInfo> target =
        places.target ? fs_.look(*places.target) : std::nullopt;
    if (home && target && home->type == os::FileType::file && home->device == target->device &&
        home->inode == target->inode && home->links > 1) {
        barrier_.touch(places.target->directory);
        fs_.remove_file(*places.target);
    }
}

void Switcher::clear(const Places& places) {
    if (state_of(fs_, places) == ItemState::switched) {
        return;
    }
    remove_second_name(places);
    for (const std::optional<os::Location>& place : {places.home, places.target}) {
        if (place) {
            remove_if_ours(places, *place);
            for (const std::string& name : {places.peer, places.staging}) {
                const std::optional<os::FileInfo> info = fs_.look(beside(*place, name));
                if (info && info->type != os::FileType::directory) {
                    barrier_.touch(place->directory);
                    fs_.remove_file(beside(*place, name));
                }
            }
        }
    }
}

}  // namespace rehome::apply
