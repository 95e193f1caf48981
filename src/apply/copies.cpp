// The way of a copied item (DESIGN 5, "Across filesystems"). An effect on one filesystem that the
// other relies on is durable before that other one is issued (PROTOCOL 4):
//   copy, locks, last look   the copy beside the target is what the original is
//   Staged                   recovery knows our copies again, whatever is lost of their content
//   rename, syncfs, read     the target is whole on its disk
//   Copied
//   link, barrier, exchange  the old path leads there, at every instant to one or the other
//   barrier, last walk       nothing was written into the original in between
//   Committed, delete        of what was proven in this run
#include "apply/copies.hpp"

#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/store.hpp"
#include "os/interrupt.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace rehome::apply {

namespace {

// The route of the item to its target: staging beside it, the manifest in the transaction's
// directory.
CopyRoute route_there(const os::ReadFs& fs, const journal::Journal& journal, const Places& places,
                      std::size_t number) {
    return {.item = places.step->item,
            .source = *places.home,
            .staging = beside(*places.target, places.staging),
            .manifest = {fs.open(journal.path.parent_path()),
                         journal::manifest_name(number, journal::Direction::forward)},
            .drops = places.step->drops};
}

}  // namespace

base::Error copy_failure(const Places& places, std::string_view what) {
    return {base::Kind::io,
            fmt::format("could not move {} from {} to {}: {}",
                        places.step->item,
                        base::in_quotes(places.step->path.native()),
                        base::in_quotes(places.step->target.native()),
                        what),
            "look at both, then run the command again"};
}

Copies::Copies(const Context& context, const journal::Journal& journal, Barrier& barrier,
               const std::vector<Places>& places)
    : context_(context), journal_(journal), request_(journal.begin.plan.request), barrier_(barrier),
      places_(places), times_(journal.times) {
    const auto copied = static_cast<std::size_t>(std::ranges::count_if(
        places, [](const Places& one) { return one.step->way != plan::Way::rename; }));
    for (std::size_t index = 0; index < places.size(); ++index) {
        const Places& one = places[index];
        if (one.step->way != plan::Way::rename) {
            base::require(one.home && one.target, "both directories of an item are there");
            CopyRoute route = route_there(context.fs, journal, one, index + 1);
            route.number = items_.size() + 1;
            route.items = copied;
            items_.push_back({.places = one,
                              .job = CopyJob(context, std::move(route)),
                              .replaces = one.step->way == plan::Way::replace});
        }
    }
}

tree::TreeSize Copies::planned_size(const Item& item) const {
    const std::vector<plan::PlannedItem>& planned = journal_.begin.plan.items;
    const auto place = std::ranges::find(planned, item.places.step->item, &plan::PlannedItem::item);
    return place != planned.end() && place->size ? *place->size : tree::TreeSize{};
}

// What only the user can decide: work may be at both places, or at neither of the usual ones.
void Copies::require_resumable(const Item& item, const CopySight& sight) const {
    if (journal_.is_replacing && item.replaces) {
        return;
    }
    const bool lost = sight.home != At::thing && sight.target != At::thing &&
                      !(sight.home == At::nothing && sight.aside == At::thing);
    if (lost || sight.is_conflict(journal_.was_committed)) {
        throw base::Error(base::Kind::attention,
                          lost ? fmt::format("nothing is at the target of {}, {}, any more",
                                             item.places.step->item,
                                             base::in_quotes(item.places.step->target.native()))
                               : fmt::format("{} is both at {} and at {}",
                                             item.places.step->item,
                                             base::in_quotes(item.places.step->path.native()),
                                             base::in_quotes(item.places.step->target.native())),
                          "run `rehome rollback`: it uses the original, or keeps both");
    }
}

void Copies::move(const Item& item, const os::Location& from, const os::Location& to) const {
    if (context_.fs.rename_new(from, to) != os::Renamed::done) {
        throw copy_failure(item.places, "something has appeared as " + to.name);
    }
}

// What a killed run has left: a copy that has its name already is taken back into staging, where
// only its content counts. An original that is aside stays so.
void Copies::open_staging(Item& item) {
    const CopySight sight = see(context_.fs, item.places);
    require_resumable(item, sight);
    item.is_exchanged = sight.home != At::thing && sight.target == At::thing;
    if (item.is_exchanged || (item.replaces && journal_.is_replacing)) {
        item.is_exchanged = true;
        item.job.load();
        return;
    }
    if (sight.home == At::nothing && sight.aside == At::thing) {
        move(item, beside(*item.places.home, item.places.aside), *item.places.home);
        barrier_.touch(item.places.home->directory);
    }
    if (sight.target != At::thing || sight.staged == At::thing) {
        return;
    }
    if (is_ours(item)) {
        move(item, *item.places.target, item.job.route().staging);
        barrier_.touch(item.places.target->directory);
    }
}

// A killed run has given the thing at the target its name: by what was recorded, or, where the
// filesystem does not tell when something was made, by every byte.
bool Copies::is_ours(const Item& item) const {
    const auto recorded =
        std::ranges::find(journal_.copies, item.places.step->item, &journal::CopyRecord::item);
    if (recorded == journal_.copies.end()) {
        return false;
    }
    if (is_recorded(context_.fs, *item.places.target, *recorded)) {
        return true;
    }
    const auto manifest = tree::Manifest::open(item.job.route().manifest.path());
    return manifest && is_whole(context_, *item.places.target, *manifest);
}

// Not a copy that could never be equal: old filesystems round times to seconds.
void Copies::require_fine_times(const Item& item) const {
    constexpr std::int64_t time = 1'234'567'890'123'456'789;
    os::Fs& fs = context_.fs;
    const os::Location& place = item.job.route().staging;
    if (fs.look(place)) {
        return;  // a killed run's copy: that run has looked
    }
    fs.make_private_directory(place);
    fs.set_mtime(place, time);
    const std::optional<os::FileInfo> made = fs.look(place);
    fs.remove_directory(place);
    if (made && made->mtime != time) {
        base::Error error = copy_failure(
            item.places, "the filesystem there rounds times, so that no copy would be equal");
        error.set_help("choose another place for it (--cache-dir, --data-dir), or leave it out "
                       "(--exclude)");
        throw error;
    }
}

void Copies::stage(journal::Writer& writer, HomesLock& lock, Identities identities) {
    for (Item& item : items_) {
        open_staging(item);
    }
    std::vector<std::filesystem::path> sources;
    for (Item& item : items_) {
        if (!item.is_exchanged) {
            require_fine_times(item);
            const tree::TreeSize size = planned_size(item);
            item.job.copy(size.files, size.bytes);
            sources.push_back(context_.fs.real_path(item.places.home->directory) /
                              item.places.home->name);
        }
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
    lock.take_tools(context_.fs, context_.wait, context_.tell, sources);
    settle_and_prove(writer, identities);
}

void Copies::settle_and_prove(journal::Writer& writer, Identities identities) {
    std::vector<journal::CopyRecord> records;
    for (Item& item : items_) {
        if (item.is_exchanged) {
            continue;
        }
        item.job.settle();
        if (identities == Identities::known &&
            item.job.manifest().root().inode != item.places.step->identity.inode) {
            throw copy_failure(item.places, "it was replaced in the meantime");
        }
        records.push_back(item.job.record(item.job.route().staging));
    }
    if (records.empty()) {
        return;
    }
    barrier_.touch(context_.fs.open(journal_.path.parent_path()));
    barrier_.sync();
    const std::string boot = boot_id(context_.fs);
    times_ = times_of(context_.fs, journal_.begin.plan, places_);
    writer.append(journal::Staged{boot, records, times_});
    give_names();
    sync_targets();
    for (Item& item : items_) {
        if (!item.is_exchanged) {
            item.job.prove(*item.places.target, request_.verify);
        }
    }
    writer.append(journal::Copied{boot, records});
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
}

bool Copies::stage_what_changed(journal::Writer& writer, Identities identities) {
    const bool has_changed = std::ranges::any_of(
        items_, [](const Item& item) { return !item.is_exchanged && item.job.is_stale(); });
    if (has_changed) {
        // Our links beside the originals must not count as somebody's work on the homes.
        put_back_times(context_.fs, barrier_, times_, places_);
        for (const Item& item : items_) {
            if (!item.is_exchanged) {
                move(item, *item.places.target, item.job.route().staging);
                barrier_.touch(item.places.target->directory);
            }
        }
        settle_and_prove(writer, identities);
    }
    return has_changed;
}

void Copies::give_names() {
    for (const Item& item : items_) {
        if (item.is_exchanged) {
            continue;
        }
        const os::Location& target = *item.places.target;
        if (item.places.step->replaces) {
            const std::optional<os::FileInfo> info = context_.fs.look(target);
            if (info && info->type == os::FileType::directory) {
                context_.fs.remove_directory(target);
            }
        }
        barrier_.touch(target.directory);
        if (context_.fs.rename_new(item.job.route().staging, target) != os::Renamed::done) {
            throw copy_failure(item.places, "something has appeared at the target");
        }
    }
}

// fsync of each file would be one wait per file; syncfs is one for all.
void Copies::sync_targets() {
    std::set<std::uint64_t> synced;
    for (const Item& item : items_) {
        const os::Directory& directory = item.places.target->directory;
        if (item.is_exchanged) {
            continue;
        }
        const bool is_first = synced.insert(context_.fs.look(directory).device).second;
        if (is_first || !context_.fs.syncs_at_once(directory)) {
            tree::sync(context_.fs, *item.places.target, context_.workers);
        }
    }
}

void Copies::place_links() {
    for (const Item& item : items_) {
        if (item.is_exchanged || item.replaces) {
            continue;
        }
        const os::Location link = beside(*item.places.home, item.places.aside);
        switch (look_at(context_.fs, item.places, link)) {
            case At::thing: throw copy_failure(item.places, link.name + " is in the way");
            case At::our_link: context_.fs.remove_file(link); break;
            case At::nothing: break;
        }
        context_.fs.make_symlink(link, item.places.step->target);
        barrier_.touch(link.directory);
    }
}

void Copies::exchange(Identities identities) {
    for (Item& item : items_) {
        os::check_interrupt();
        const CopySight sight = see(context_.fs, item.places);
        if (item.is_exchanged && sight.home == At::nothing && !item.replaces) {
            link_where_nothing_is(context_.fs, barrier_, context_.tell, item.places);
        } else if (!item.is_exchanged && !item.replaces) {
            exchange_one(item, identities);
        }
    }
}

void Copies::exchange_one(Item& item, Identities identities) {
    os::Fs& fs = context_.fs;
    const os::Location& home = *item.places.home;
    const os::Location aside = beside(home, item.places.aside);
    barrier_.touch(home.directory);
    switch (fs.exchange(home, aside)) {
        case os::Renamed::done: return look_after(item, identities);
        case os::Renamed::unsupported: break;
        default:
            throw copy_failure(
                item.places,
                "its directory does not let it be renamed (a lower layer of an overlay, "
                "or a mount)");
    }
    // Nothing is at the old path for one call; the plan has told so.
    fs.remove_file(aside);
    if (fs.rename_new(home, aside) != os::Renamed::done) {
        throw copy_failure(item.places, "it was removed or replaced in the meantime");
    }
    link_where_nothing_is(fs, barrier_, context_.tell, item.places);
    look_after(item, identities);
}

// What was exchanged has to be what was copied, and the old path has to lead to the copy.
void Copies::look_after(const Item& item, Identities identities) {
    const os::Location aside = beside(*item.places.home, item.places.aside);
    const std::optional<os::FileInfo> moved = context_.fs.look(aside);
    const std::optional<os::FileInfo> target = context_.fs.look(*item.places.target);
    const std::optional<os::FileInfo> through = context_.fs.look_through(item.places.step->path);
    const bool leads_there =
        target && through && target->device == through->device && target->inode == through->inode;
    const bool is_meant = moved && moved->inode == item.job.manifest().root().inode &&
                          (identities == Identities::from_another_run ||
                           moved->device == item.places.step->identity.device);
    if (leads_there && is_meant &&
        look_at(context_.fs, item.places, item.places.home) == At::our_link) {
        return;
    }
    exchange_back(context_.fs, *item.places.home, aside);
    throw copy_failure(item.places, "one of the two was removed or replaced in the meantime");
}

}  // namespace rehome::apply
