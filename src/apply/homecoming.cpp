// Where a copied item is by its names (copy_sight.hpp), and what that asks for:
//   exchanged, original aside      the original is renamed to `returning` and brought up to date
//   exchanged, no original         a copy of the target is made at `coming`
//   target gone, original aside    the original goes home as it is
//   never exchanged                nothing goes home; the copy at the target is removed
//   back                           only clearing is left
#include "apply/homecoming.hpp"

#include "apply/copies.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "os/tree_users.hpp"
#include "tree/measure.hpp"
#include "tree/remove.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rehome::apply {

namespace {

base::Error in_the_way(const os::Location& at) {
    return {base::Kind::io,
            fmt::format("{} was removed or replaced in the meantime",
                        base::in_quotes(at.path().native()))};
}

os::Directory nearest_directory(const os::ReadFs& fs, std::filesystem::path path) {
    while (!fs.look_through(path) && path.has_relative_path()) {
        path = path.parent_path();
    }
    return fs.open(path);
}

void rename(os::Fs& fs, const os::Location& from, const os::Location& to) {
    if (fs.rename_new(from, to) != os::Renamed::done) {
        throw in_the_way(to);
    }
}

}  // namespace

Homecoming::Homecoming(const Context& context, const journal::Journal& journal, Barrier& barrier,
                       const std::vector<Places>& places)
    : context_(context), journal_(journal), barrier_(barrier) {
    for (std::size_t index = 0; index < places.size(); ++index) {
        if (places[index].step->way != plan::Way::rename && places[index].home) {
            items_.push_back({.places = places[index], .number = index + 1});
        }
    }
}

os::Location Homecoming::manifest_file(const Item& item, std::string_view suffix) const {
    return {context_.fs.open(journal_.path.parent_path()),
            fmt::format("manifest-{}{}", item.number, suffix)};
}

std::optional<tree::Manifest> Homecoming::manifest_there(const Item& item) const {
    return tree::Manifest::open(manifest_file(item, "").path());
}

void Homecoming::prepare(HomesLock& lock, LockTools when) {
    std::vector<std::filesystem::path> sources;
    for (Item& item : items_) {
        const CopySight sight = see(context_.fs, item.places);
        if (sight.is_exchanged() && !is_target_away(item)) {
            sources.push_back(context_.fs.real_path(item.places.step->target));
        }
        prepare_one(item);
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
    if (!sources.empty() || when == LockTools::always) {
        lock.take_tools(context_.fs, context_.wait, context_.tell, sources);
    }
    for (Item& item : items_) {
        settle_one(item);
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
    barrier_.sync();
}

// Another filesystem is at the target's place: what is there is not ours.
bool Homecoming::is_target_away(const Item& item) const {
    const auto recorded =
        std::ranges::find(journal_.copies, item.places.step->item, &journal::CopyRecord::item);
    return recorded != journal_.copies.end() && item.places.target &&
           context_.fs.filesystem_of(item.places.target->directory) != recorded->filesystem;
}

// An empty directory that somebody has made again after a purge loses against the original.
bool Homecoming::is_emptied(const Item& item, const CopySight& sight) const {
    if (sight.aside != At::thing && sight.returning != At::thing) {
        return false;
    }
    const std::optional<os::FileInfo> info = context_.fs.look(*item.places.target);
    return info && info->type == os::FileType::directory &&
           context_.fs.is_empty(context_.fs.open(item.places.target->path()));
}

void Homecoming::prepare_one(Item& item) {
    os::Fs& fs = context_.fs;
    CopySight sight = see(fs, item.places);
    const bool target_is_gone =
        sight.home != At::thing &&
        (sight.target != At::thing || is_target_away(item) || is_emptied(item, sight));
    if (!sight.is_exchanged() && !target_is_gone) {
        return;
    }
    const os::Location aside = beside(*item.places.home, item.places.aside);
    const os::Location returning = beside(*item.places.home, item.places.returning);
    if (sight.aside == At::thing && sight.returning == At::nothing) {
        rename(fs, aside, returning);
        barrier_.touch(returning.directory);
        sight = see(fs, item.places);
    }
    item.uses_original = sight.returning == At::thing;
    if (target_is_gone) {
        if (item.uses_original) {
            context_.tell("Using",
                          fmt::format("the original of {}: nothing is at its target any more",
                                      item.places.step->item));
        }
        return;
    }
    if (item.uses_original && use_original(item)) {
        return;
    }
    CopyRoute route{.item = item.places.step->item,
                    .source = *item.places.target,
                    .staging =
                        beside(*item.places.home,
                               item.uses_original ? item.places.returning : item.places.staging),
                    .manifest = manifest_file(item, "-back")};
    if (item.uses_original) {
        route.drops = item.places.step->drops;  // the original has them still
    }
    item.job.emplace(context_, std::move(route));
    const tree::TreeSize size = tree::measure({item.places.step->target}, context_.workers).front();
    if (item.uses_original) {
        item.keep.emplace(tree::Keep{.manifest = *item.there,
                                     .suffix = fmt::format(".rehome-{}", journal_.begin.id),
                                     .tell = [this](const std::filesystem::path& path) {
                                         context_.tell(
                                             "Kept",
                                             fmt::format("what a program wrote late, as {}",
                                                         base::in_quotes(path.native())));
                                     }});
    }
    item.job->copy(size.files, size.bytes, item.keep ? &*item.keep : nullptr);
}

// The short way home: nobody has worked on the target, and the original is untouched.
bool Homecoming::use_original(Item& item) {
    item.there = manifest_there(item);
    if (!item.there) {
        // Without it nothing tells what was written into the original late: it stays, and a copy
        // goes home.
        os::Location kept = beside(*item.places.home, item.places.aside);
        rename(context_.fs, beside(*item.places.home, item.places.returning), kept);
        item.uses_original = false;
        context_.tell("Kept",
                      fmt::format("the original of {} as {}",
                                  item.places.step->item,
                                  base::in_quotes(kept.path().native())));
        return false;
    }
    const os::Location returning = beside(*item.places.home, item.places.returning);
    const tree::CompareOptions how{.workers = context_.workers, .drops = item.places.step->drops};
    item.is_proven =
        tree::compare(context_.fs, returning, *item.there, tree::Look::untouched, how).none() &&
        is_whole(context_, *item.places.target, *item.there);
    return item.is_proven;
}

// Under all locks: what has changed since goes home too; then it is synced and read back.
void Homecoming::settle_one(Item& item) {
    if (!item.job) {
        return;
    }
    item.job->settle(item.keep ? &*item.keep : nullptr);
    const os::Location& staging = item.job->route().staging;
    tree::sync(context_.fs, staging, context_.workers);
    // What was kept, or dropped on the way there, lies beside what was copied.
    item.job->prove(staging,
                    journal_.begin.plan.request.verify,
                    item.uses_original ? Extras::allowed : Extras::refused);
    item.is_proven = item.job->is_proven();
    barrier_.touch(staging.directory);
    barrier_.touch(context_.fs.open(journal_.path.parent_path()));
}

void Homecoming::exchange() {
    os::Fs& fs = context_.fs;
    for (Item& item : items_) {
        const CopySight sight = see(fs, item.places);
        if (sight.home == At::thing) {
            continue;
        }
        const os::Location& home = *item.places.home;
        const bool original = sight.returning == At::thing;
        if (!original && (sight.coming != At::thing || !item.job)) {
            continue;  // purged, and no original: require_data() has let it pass
        }
        const os::Location from =
            beside(home, original ? item.places.returning : item.places.staging);
        barrier_.touch(home.directory);
        if (sight.home == At::our_link) {
            const os::Renamed outcome = fs.exchange(home, from);
            if (outcome == os::Renamed::done) {
                // A program may have put something in the link's place in the meantime.
                if (look_at(fs, item.places, from) == At::our_link) {
                    continue;
                }
                fs.exchange(home, from);
                throw in_the_way(home);
            }
            if (outcome != os::Renamed::unsupported) {
                throw in_the_way(home);
            }
            fs.remove_file(home);  // nothing is at the old path for one call
        }
        rename(fs, from, home);
    }
}

void Homecoming::clear() {
    for (Item& item : items_) {
        clear_one(item);
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
}

void Homecoming::clear_one(Item& item) {
    os::Fs& fs = context_.fs;
    const CopySight sight = see(fs, item.places);
    if (sight.is_exchanged()) {
        return;
    }
    if (sight.home == At::our_link) {
        // Nothing came back: a link that leads nowhere would stand in the way of cargo.
        fs.remove_file(*item.places.home);
        barrier_.touch(item.places.home->directory);
    }
    if (item.places.target && sight.target == At::thing && sight.home == At::thing) {
        if (is_target_away(item)) {
            context_.tell("Left",
                          fmt::format("what is at {}: another filesystem is there",
                                      base::in_quotes(item.places.step->target.native())));
        } else if (sight.is_back()) {
            discard_target(item, why_not_proven(item));
        } else if (is_ours_unused(item)) {
            discard_target(item, "");
        } else {
            context_.tell("Left",
                          fmt::format("what is at {}; {} is at its old path",
                                      base::in_quotes(item.places.step->target.native()),
                                      item.places.step->item));
        }
    }
    if (item.places.target && sight.staged == At::thing) {
        tree::remove(fs, beside(*item.places.target, item.places.staging), context_.workers);
        barrier_.touch(item.places.target->directory);
    }
    for (const std::string& name :
         {item.places.aside, item.places.staging, item.places.returning}) {
        const os::Location link = beside(*item.places.home, name);
        if (look_at(fs, item.places, link) == At::our_link) {
            fs.remove_file(link);
            barrier_.touch(link.directory);
        } else if (name == item.places.staging && sight.coming == At::thing) {
            tree::remove(fs, link, context_.workers);  // begun, and not needed any more
        } else if (fs.look(link)) {
            context_.tell("Kept",
                          fmt::format("the original of {} as {}: something else is at its old path",
                                      item.places.step->item,
                                      base::in_quotes(link.path().native())));
        }
    }
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
    const auto manifest = manifest_there(item);
    return manifest && is_whole(context_, *item.places.target, *manifest);
}

// "" if every byte of the target is at home and nobody uses the target.
std::string Homecoming::why_not_proven(const Item& item) const {
    const std::vector<os::TreeUser> users =
        os::users_of({context_.fs.real_path(item.places.step->target)});
    if (!users.empty()) {
        return fmt::format("in use by {} (pid {})", users.front().name, users.front().id);
    }
    if (item.is_proven && item.job) {
        const bool late = !item.job->late(*item.places.target, {}).none();
        return late ? "a program wrote there at the last moment" : "";
    }
    auto manifest = tree::Manifest::open(manifest_file(item, "-back").path());
    if (!manifest) {
        manifest = manifest_there(item);
    }
    const bool same = manifest && is_part(context_, *item.places.target, *manifest) &&
                      (item.is_proven || is_whole(context_, *item.places.home, *manifest));
    return same ? "" : "it is not equal to what is at the old path now";
}

void Homecoming::discard_target(Item& item, const std::string& because) {
    const os::Location& target = *item.places.target;
    barrier_.touch(target.directory);
    std::string reason = because;
    if (reason.empty()) {
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
    os::Location kept =
        beside(target, fmt::format(".rehome-{}-{}", journal_.begin.id, target.name));
    for (int number = 2; context_.fs.look(kept); ++number) {
        kept.name = fmt::format(".rehome-{}-{}.{}", journal_.begin.id, target.name, number);
    }
    rename(context_.fs, target, kept);
    context_.tell("Kept",
                  fmt::format("the copy of {} as {}: {}",
                              item.places.step->item,
                              base::in_quotes(kept.path().native()),
                              reason));
}

void require_targets_mounted(const os::ReadFs& fs, const journal::Journal& journal,
                             const std::vector<Places>& places) {
    const std::vector<os::Mount> mounts = fs.mounts();
    for (const Places& one : places) {
        if (one.step->way == plan::Way::rename) {
            continue;
        }
        const os::Directory existing = nearest_directory(fs, one.step->target.parent_path());
        const auto recorded =
            std::ranges::find(journal.copies, one.step->item, &journal::CopyRecord::item);
        bool same = true;
        if (recorded != journal.copies.end()) {
            same = fs.filesystem_of(existing) == recorded->filesystem;
        } else {
            const auto& items = journal.begin.plan.items;
            const auto planned = std::ranges::find(items, one.step->item, &plan::PlannedItem::item);
            const auto mount =
                std::ranges::find(mounts, fs.look(existing).mount_id, &os::Mount::id);
            same = planned == items.end() || planned->filesystem.empty() || mount == mounts.end() ||
                   mount->point == planned->filesystem;
        }
        if (!same) {
            throw base::Error(
                base::Kind::attention,
                fmt::format("the filesystem for {}, at {}, is not mounted; nothing was changed",
                            one.step->item,
                            base::in_quotes(one.step->target.native())),
                "mount it, then run the command again; if it is gone for good (a tmpfs after a "
                "reboot), go back without it: rehome rollback --force");
        }
    }
}

void require_room_at_home(const os::ReadFs& fs, const std::vector<Places>& places) {
    std::map<std::uint64_t, std::uint64_t> needed;  // by the home's device
    for (const Places& one : places) {
        if (one.step->way == plan::Way::rename || !one.home) {
            continue;
        }
        const CopySight sight = see(fs, one);
        const bool comes_new = sight.is_exchanged() && sight.aside != At::thing &&
                               sight.returning != At::thing && sight.coming != At::thing;
        if (!comes_new) {
            continue;
        }
        const os::Directory& home = one.home->directory;
        std::uint64_t& bytes = needed[fs.look(home).device];
        bytes += tree::measure({one.step->target}, 1).front().disk_bytes;
        const std::uint64_t free = fs.capacity(home.path()).free_bytes;
        if (free < bytes) {
            throw base::Error(
                base::Kind::attention,
                fmt::format("at least {} are needed on the filesystem of {} to copy the items "
                            "back, and {} are free; nothing was changed",
                            base::human_bytes(bytes),
                            base::in_quotes(home.path().native()),
                            base::human_bytes(free)),
                "free some space there, then run the command again");
        }
    }
}

}  // namespace rehome::apply
