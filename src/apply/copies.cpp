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

#include "apply/late_writes.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "journal/store.hpp"
#include "os/interrupt.hpp"
#include "os/tree_users.hpp"
#include "tree/remove.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace rehome::apply {

namespace {

base::Error failure(const Places& places, std::string_view what) {
    return {base::Kind::io,
            fmt::format("could not move {} from {} to {}: {}",
                        places.step->item,
                        base::in_quotes(places.step->path.native()),
                        base::in_quotes(places.step->target.native()),
                        what),
            "look at both, then run the command again"};
}

std::string users_text(const std::vector<os::TreeUser>& users, std::size_t tree) {
    std::vector<std::string> names;
    for (const os::TreeUser& user : users) {
        if (user.tree == tree) {
            names.push_back(fmt::format("{} (pid {})", user.name, user.id));
        }
    }
    return base::listed(names);
}

}  // namespace

CopyRoute route_there(const os::ReadFs& fs, const journal::Journal& journal, const Places& places,
                      std::size_t number) {
    return {.item = places.step->item,
            .source = *places.home,
            .staging = beside(*places.target, places.staging),
            .manifest = {fs.open(journal.path.parent_path()),
                         journal::manifest_name(number, journal::Direction::forward)},
            .drops = places.step->drops};
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
        context_.fs.rename_new(beside(*item.places.home, item.places.aside), *item.places.home);
        barrier_.touch(item.places.home->directory);
    }
    if (sight.target != At::thing || sight.staged == At::thing) {
        return;
    }
    if (is_ours(item)) {
        context_.fs.rename_new(*item.places.target, item.job.route().staging);
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

void Copies::stage(journal::Writer& writer, HomesLock& lock, Identities identities) {
    for (Item& item : items_) {
        open_staging(item);
    }
    std::vector<std::filesystem::path> sources;
    for (Item& item : items_) {
        if (!item.is_exchanged) {
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

    std::vector<journal::CopyRecord> records;
    for (Item& item : items_) {
        if (item.is_exchanged) {
            continue;
        }
        item.job.settle();
        if (identities == Identities::known &&
            item.job.manifest().root().inode != item.places.step->identity.inode) {
            throw failure(item.places, "it was replaced in the meantime");
        }
        records.push_back(item.job.record(item.job.route().staging));
    }
    if (records.empty()) {
        return;
    }
    barrier_.touch(context_.fs.open(journal_.path.parent_path()));
    barrier_.sync();
    const std::string boot = boot_id(context_.fs);
    times_ = times_of(context_.fs, places_);
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
            throw failure(item.places, "something has appeared at the target");
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
            case At::thing: throw failure(item.places, link.name + " is in the way");
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
            throw failure(item.places,
                          "its directory does not let it be renamed (a lower layer of an overlay, "
                          "or a mount)");
    }
    // Nothing is at the old path for one call; the plan has told so.
    fs.remove_file(aside);
    if (fs.rename_new(home, aside) != os::Renamed::done) {
        throw failure(item.places, "it was removed or replaced in the meantime");
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
    context_.fs.exchange(*item.places.home, aside);
    throw failure(item.places, "one of the two was removed or replaced in the meantime");
}

std::vector<std::filesystem::path> Copies::originals() const {
    std::vector<std::filesystem::path> paths;
    for (const Item& item : items_) {
        const std::filesystem::path home = context_.fs.real_path(item.places.home->directory);
        paths.push_back(home / (item.replaces ? item.places.home->name : item.places.aside));
    }
    return paths;
}

void Copies::carry_late_writes() {
    const std::vector<os::TreeUser> users = os::users_of(originals());
    for (const os::TreeUser& user : users) {
        const Item& item = items_[user.tree];
        if (user.writes && !item.is_exchanged && !item.replaces) {
            throw base::Error(base::Kind::busy,
                              fmt::format("{} (pid {}) has opened {} for writing while {} was "
                                          "being switched",
                                          user.name,
                                          user.id,
                                          base::in_quotes(user.what.native()),
                                          item.places.step->item),
                              "wait until it has finished, then run the command again");
        }
    }
    // Who is in an original now may write there after the walk; nobody new finds its hidden name.
    for (std::size_t index = 0; index < items_.size(); ++index) {
        if (const std::string used_by = users_text(users, index); !used_by.empty()) {
            items_[index].keep_because = "in use by " + used_by;
        }
    }
    for (Item& item : items_) {
        const os::Location aside = beside(*item.places.home, item.places.aside);
        if (item.replaces || !item.job.has_manifest() ||
            look_at(context_.fs, item.places, aside) != At::thing) {
            continue;
        }
        const std::size_t late =
            apply::carry_late_writes(context_,
                                     {.place = aside,
                                      .manifest = item.job.manifest(),
                                      .drops = item.job.route().drops,
                                      .suffix = fmt::format(".rehome-{}", journal_.begin.id)},
                                     *item.places.target);
        if (late != 0) {
            item.keep_because = "a program wrote there at the last moment";
        }
    }
}

// The last moment from which there is a way back: nobody is in them, nothing has happened to them.
void Copies::require_unused_originals() const {
    const std::vector<os::TreeUser> users = os::users_of(originals());
    for (std::size_t index = 0; index < items_.size(); ++index) {
        const Item& item = items_[index];
        if (!item.replaces || item.is_exchanged) {
            continue;
        }
        const std::string used_by = users_text(users, index);
        if (!used_by.empty()) {
            throw base::Error(base::Kind::busy,
                              fmt::format("{} is in use by {}, although --offline says that "
                                          "nobody uses it",
                                          item.places.step->item,
                                          used_by),
                              "end that, then run the command again");
        }
        if (!item.job.late(*item.places.home, {}).none()) {
            throw failure(item.places, "a program wrote there although --offline was given");
        }
    }
}

void Copies::replace(journal::Writer& writer) {
    if (std::ranges::none_of(items_, [](const Item& item) { return item.replaces; })) {
        return;
    }
    if (!journal_.is_replacing) {
        require_unused_originals();
        writer.append(journal::Replacing{});
    }
    for (Item& item : items_) {
        if (!item.replaces || look_at(context_.fs, item.places, item.places.home) == At::our_link) {
            continue;
        }
        if (item.is_exchanged) {
            const auto manifest = tree::Manifest::open(item.job.route().manifest.path());
            const bool proven =
                manifest && is_whole(context_, *item.places.target, *manifest) &&
                is_part(context_, *item.places.home, *manifest, item.places.step->drops);
            if (!proven) {
                throw base::Error(
                    base::Kind::attention,
                    fmt::format("what is left of {} at {} is not deleted: it and its copy at {} "
                                "are not what was copied",
                                item.places.step->item,
                                base::in_quotes(item.places.step->path.native()),
                                base::in_quotes(item.places.step->target.native())),
                    "bring what you need to the target, put a link to it at the old path, then "
                    "run `rehome resume`");
            }
        }
        tree::remove(context_.fs, *item.places.home, context_.workers);
        link_where_nothing_is(context_.fs, barrier_, context_.tell, item.places);
    }
    barrier_.sync();
}

void Copies::delete_original(Item& item) {
    const os::Location aside = beside(*item.places.home, item.places.aside);
    const tree::TreeSize size = planned_size(item);
    tree::Progress* counters = nullptr;
    if (context_.progress != nullptr) {
        context_.progress->begin({.verb = "Deleting",
                                  .item = item.places.step->item,
                                  .all_files = size.files,
                                  .number = item.job.route().number,
                                  .items = item.job.route().items});
        counters = context_.progress->counters();
    }
    try {
        tree::remove(context_.fs, aside, context_.workers, counters);
    } catch (const base::Error& error) {
        if (error.kind() == base::Kind::interrupted) {
            throw;  // another run deletes the rest
        }
        item.keep_because = error.what();
    }
    barrier_.touch(aside.directory);
}

void Copies::settle_originals(journal::Writer& writer) {
    if (items_.empty()) {
        return;
    }
    const std::vector<os::TreeUser> users = os::users_of(originals());
    journal::Settled settled;
    std::map<std::string, std::vector<std::string>> kept;  // items by the reason
    for (std::size_t index = 0; index < items_.size(); ++index) {
        Item& item = items_[index];
        const os::Location aside = beside(*item.places.home, item.places.aside);
        if (item.replaces || look_at(context_.fs, item.places, aside) != At::thing) {
            continue;
        }
        const std::string used_by = users_text(users, index);
        const bool compares =
            request_.verify == plan::Verify::full || request_.verify == plan::Verify::disk;
        if (!compares) {
            item.keep_because = "--verify has proven nothing of their content";
        } else if (request_.keep_originals) {
            item.keep_because = "you asked for that (--keep-originals)";
        } else if (!used_by.empty()) {
            item.keep_because = "in use by " + used_by;
        } else if (item.keep_because.empty() && !item.job.is_proven()) {
            const auto manifest = tree::Manifest::open(item.job.route().manifest.path());
            if (!manifest || !is_whole(context_, *item.places.target, *manifest)) {
                item.keep_because = "its copy was not proven equal in this run";
            } else if (!is_part(context_, aside, *manifest, item.places.step->drops)) {
                item.keep_because = "it has something that its copy has not";
            }
        }
        if (item.keep_because.empty()) {
            delete_original(item);
        }
        if (!item.keep_because.empty()) {
            settled.kept.push_back(item.places.step->item);
            kept[item.keep_because].push_back(item.places.step->item);
        }
    }
    for (const auto& [reason, names] : kept) {
        context_.tell("Kept",
                      fmt::format("the original{} of {} beside the link{} as .rehome-{}-NAME: {}; "
                                  "`rehome forget {}` frees what is kept",
                                  names.size() == 1 ? "" : "s",
                                  base::listed(names),
                                  names.size() == 1 ? "" : "s",
                                  journal_.begin.id,
                                  reason,
                                  journal_.begin.id));
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
    put_back_times(context_.fs, times_, places_);
    barrier_.sync();
    // They are for what is aside. After Settled nobody would look for them.
    if (settled.kept.empty()) {
        journal::remove_manifests(context_.fs, journal_.path);
    }
    writer.append(settled);
}

}  // namespace rehome::apply
