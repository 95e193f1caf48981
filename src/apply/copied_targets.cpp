// What becomes of the copies at the targets, and of the names beside the old paths, when all items
// are back (homecoming.cpp has the way home).
#include "apply/homecoming.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "os/tree_users.hpp"
#include "tree/compare.hpp"
#include "tree/remove.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::apply {

void Homecoming::clear() {
    for (Item& item : items_) {
        clear_target(item);
    }
    // The names at home tell whose the copy at a target is: they outlast it on the disk, too.
    barrier_.sync();
    for (const Item& item : items_) {
        clear_names(item);
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
}

void Homecoming::clear_target(Item& item) {
    os::Fs& fs = context_.fs;
    const CopySight sight = see(fs, item.places);
    const bool away = is_away(item);
    if (sight.is_exchanged() && !away) {
        return;
    }
    const std::string target = base::in_quotes(item.places.step->target.native());
    if (away) {
        context_.tell("Left",
                      fmt::format("whatever is at {} and beside it as {}-*, on the filesystem that "
                                  "is not mounted there now: look when it is",
                                  target,
                                  suffix()));
    } else if (item.places.target && sight.target == At::thing && sight.home == At::thing) {
        const std::optional<os::FileInfo> compared = fs.look(*item.places.target);
        if (sight.is_back()) {
            discard_target(item, why_not_proven(item), compared);
        } else if (is_ours_unused(item)) {
            discard_target(item, why_not_only_ours(item), compared);
        } else if (is_there_twice(item.places)) {
            discard_target(item, "", compared);
        } else {
            context_.tell("Left",
                          fmt::format("what is at {}; {} is at its old path",
                                      target,
                                      item.places.step->item));
        }
    }
    if (!away && item.places.target && sight.staged == At::thing) {
        tree::remove(fs, beside(*item.places.target, item.places.staging), context_.workers);
        barrier_.touch(item.places.target->directory);
    }
}

void Homecoming::clear_names(const Item& item) {
    const CopySight sight = see(context_.fs, item.places);
    if (sight.is_exchanged() && !is_away(item)) {
        return;
    }
    if (sight.home == At::our_link) {
        // Nothing came back: a link that leads nowhere would stand in the way of cargo.
        context_.fs.remove_file(*item.places.home);
        barrier_.touch(item.places.home->directory);
    }
    for (const std::string& name :
         {item.places.aside, item.places.staging, item.places.returning}) {
        clear_name(item, name);
    }
}

// Beside the old path.
void Homecoming::clear_name(const Item& item, const std::string& name) {
    os::Fs& fs = context_.fs;
    const os::Location at = beside(*item.places.home, name);
    const At there = look_at(fs, item.places, at);
    if (there == At::nothing) {
        return;
    }
    barrier_.touch(at.directory);
    if (there == At::our_link) {
        fs.remove_file(at);
        return;
    }
    const bool copy = name == item.places.staging;
    const auto back = copy ? manifest(item, journal::Direction::back) : std::nullopt;
    const bool is_at_home = look_at(fs, item.places, item.places.home) == At::thing;
    if (back && is_at_home && is_part(context_, at, *back)) {
        tree::remove(fs, at, context_.workers);  // begun, and not needed any more
        return;
    }
    context_.tell("Kept",
                  fmt::format("{} of {} as {}: {} is at its old path",
                              copy ? "the copy" : "what is left of the original",
                              item.places.step->item,
                              base::in_quotes(at.path().native()),
                              is_at_home ? "something else" : "nothing"));
}

// A copy that was never exchanged: no link has led to it.
bool Homecoming::is_ours_unused(const Item& item) const {
    if (journal_.was_committed) {
        return false;
    }
    const auto recorded =
        std::ranges::find(journal_.copies, item.places.step->item, &journal::CopyRecord::item);
    if (recorded != journal_.copies.end() &&
        is_recorded(context_.fs, *item.places.target, *recorded)) {
        return true;
    }
    const auto there = manifest(item, journal::Direction::forward);
    return there && is_whole(context_, *item.places.target, *there);
}

// "" if nobody has put anything into a copy that has its name and was never exchanged. A power cut
// may have torn it, but cannot have added a name.
std::string Homecoming::why_not_only_ours(const Item& item) const {
    using tree::Difference;
    const auto there = manifest(item, journal::Direction::forward);
    const bool may_be_torn = journal_.boot != boot_id(context_.fs);
    bool only_ours = true;
    if (there) {
        tree::compare(context_.fs,
                      *item.places.target,
                      *there,
                      tree::Look::metadata,
                      {.workers = context_.workers, .found = [&](const Difference& one) {
                           // A killed run may have begun to delete it.
                           const bool emptied =
                               one.what == Difference::What::changed && !one.is_replaced &&
                               (may_be_torn || one.type == os::FileType::directory);
                           only_ours =
                               only_ours && (emptied || one.what == Difference::What::missing);
                       }});
    }
    return only_ours ? "" : "somebody has put something into it";
}

bool Homecoming::is_there_twice(const Places& places) const {
    const auto item =
        std::ranges::find(items_, places.step, [](const Item& one) { return one.places.step; });
    return item != items_.end() && users_of_target(*item).empty() && is_copied_home(*item, false);
}

std::string Homecoming::users_of_target(const Item& item) const {
    const std::vector<os::TreeUser> users =
        os::users_of({context_.fs.real_path(item.places.step->target)});
    return users.empty()
               ? ""
               : fmt::format("in use by {} (pid {})", users.front().name, users.front().id);
}

// Whether the target has nothing that is not at home.
bool Homecoming::is_copied_home(const Item& item, bool home_is_proven) const {
    auto known = manifest(item, journal::Direction::back);
    if (!known) {
        known = manifest(item, journal::Direction::forward);
    }
    return known && is_part(context_, *item.places.target, *known) &&
           (home_is_proven || is_whole(context_, *item.places.home, *known));
}

// "" if every byte of the target, which was exchanged back, is at home and nobody uses the target.
std::string Homecoming::why_not_proven(const Item& item) const {
    if (std::string users = users_of_target(item); !users.empty()) {
        return users;
    }
    if (item.is_proven && item.job) {
        const bool late = !item.job->late(*item.places.target, {}).none();
        return late ? "a program wrote there at the last moment" : "";
    }
    return is_copied_home(item, item.is_proven) ? ""
                                                : "it is not equal to what is at the old path now";
}

// Under a name that nobody else uses first: at its own a program may save another file after the
// comparison. False if that has happened; then all is as it was.
bool Homecoming::remove_compared(const Item& item, const os::FileInfo& compared) const {
    os::Fs& fs = context_.fs;
    const os::Location& target = *item.places.target;
    const os::Location private_name = beside(target, item.places.staging);
    tree::remove(fs, private_name, context_.workers);
    switch (fs.rename_new(target, private_name)) {
        case os::Renamed::done: break;
        case os::Renamed::missing: return true;
        default: return false;
    }
    const std::optional<os::FileInfo> moved = fs.look(private_name);
    if (moved && moved->inode == compared.inode && moved->type == compared.type) {
        fs.remove_file(private_name);
        return true;
    }
    if (fs.rename_new(private_name, target) != os::Renamed::done) {
        throw in_the_way(target);
    }
    return false;
}

void Homecoming::discard_target(Item& item, const std::string& because,
                                const std::optional<os::FileInfo>& compared) {
    const os::Location& target = *item.places.target;
    barrier_.touch(target.directory);
    std::string reason = because;
    if (reason.empty() && compared && compared->type != os::FileType::directory) {
        if (remove_compared(item, *compared)) {
            return;
        }
        reason = "a program put it there at the last moment";
    } else if (reason.empty()) {
        if (context_.progress != nullptr) {
            context_.progress->begin({.verb = "Deleting", .item = item.places.step->item});
        }
        try {
            return tree::remove(context_.fs,
                                target,
                                context_.workers,
                                context_.progress != nullptr ? context_.progress->counters()
                                                             : nullptr);
        } catch (const base::Error& error) {
            if (error.kind() == base::Kind::interrupted) {
                throw;  // another run deletes the rest
            }
            reason = error.what();
        }
    }
    const os::Location kept = free_beside(
        context_.fs, target, fmt::format(".rehome-{}-{}", journal_.begin.id, target.name));
    if (context_.fs.rename_new(target, kept) != os::Renamed::done) {
        throw in_the_way(target);
    }
    context_.tell("Kept",
                  fmt::format("the copy of {} as {}: {}",
                              item.places.step->item,
                              base::in_quotes(kept.path().native()),
                              reason));
}

}  // namespace rehome::apply
