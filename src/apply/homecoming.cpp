// Where a copied item is by its names (copy_sight.hpp), and what that asks for:
//   exchanged, original aside      what was written into it late goes to the target; then it is
//                                  renamed to `returning` and brought up to date
//   exchanged, no original         a copy of the target is made at `coming`
//   target gone or not mounted     the original goes home as it is, or a whole copy at `coming`
//   never exchanged                nothing goes home; the copy at the target is removed
//   back                           only clearing is left
#include "apply/homecoming.hpp"

#include "apply/late_writes.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/store.hpp"
#include "os/tree_users.hpp"
#include "tree/measure.hpp"
#include "tree/remove.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rehome::apply {

namespace {

void rename(os::Fs& fs, const os::Location& from, const os::Location& to) {
    if (fs.rename_new(from, to) != os::Renamed::done) {
        throw in_the_way(to);
    }
}

}  // namespace

base::Error in_the_way(const os::Location& at) {
    return {base::Kind::io,
            fmt::format("{} was removed or replaced in the meantime",
                        base::in_quotes(at.path().native()))};
}

Homecoming::Homecoming(const Context& context, const journal::Journal& journal, Barrier& barrier,
                       const std::vector<Places>& places)
    : context_(context), journal_(journal), barrier_(barrier) {
    for (std::size_t index = 0; index < places.size(); ++index) {
        if (places[index].step->way != plan::Way::rename && places[index].home) {
            items_.push_back({.places = places[index], .number = index + 1});
        }
    }
}

std::optional<tree::Manifest> Homecoming::manifest(const Item& item,
                                                   journal::Direction direction) const {
    return tree::Manifest::open(journal_.path.parent_path() /
                                journal::manifest_name(item.number, direction));
}

std::string Homecoming::suffix() const {
    return fmt::format(".rehome-{}", journal_.begin.id);
}

bool Homecoming::is_away(const Item& item) const {
    return !is_target_mounted(context_.fs, journal_, item.places);
}

void Homecoming::prepare(HomesLock& lock, LockTools when) {
    std::vector<std::filesystem::path> sources;
    for (Item& item : items_) {
        const CopySight sight = see(context_.fs, item.places);
        if (sight.is_exchanged() && !is_away(item)) {
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
        (sight.target != At::thing || is_away(item) || is_emptied(item, sight));
    if (!sight.is_exchanged() && !target_is_gone) {
        return;
    }
    const os::Location aside = beside(*item.places.home, item.places.aside);
    const os::Location returning = beside(*item.places.home, item.places.returning);
    item.there = manifest(item, journal::Direction::forward);
    bool untouched = false;
    if (sight.aside == At::thing && sight.returning == At::nothing &&
        (target_is_gone || item.there)) {
        untouched = !target_is_gone && carry_to_target(item, aside) == 0;
        rename(fs, aside, returning);
        barrier_.touch(returning.directory);
        sight = see(fs, item.places);
    }
    item.uses_original = sight.returning == At::thing && (target_is_gone || item.there);
    if (target_is_gone) {
        use_what_is_here(item, sight);
        return;
    }
    // The short way: nobody has worked on the target, and nothing has happened to the original.
    item.is_proven = untouched && is_whole(context_, *item.places.target, *item.there);
    if (!item.is_proven) {
        copy_home(item);
    }
}

// Before the original gets the name by which another run knows that this was done.
std::size_t Homecoming::carry_to_target(const Item& item, const os::Location& original) const {
    return apply::carry_late_writes(context_,
                                    {.place = original,
                                     .manifest = *item.there,
                                     .drops = item.places.step->drops,
                                     .suffix = suffix()},
                                    *item.places.target);
}

// Nothing else is left of the item, or can be reached.
void Homecoming::use_what_is_here(Item& item, const CopySight& sight) {
    if (item.uses_original) {
        const os::Location returning = beside(*item.places.home, item.places.returning);
        const Lack lack =
            item.there ? lack_of(context_.fs, returning, *item.there, context_.workers) : Lack{};
        context_.tell("Using",
                      lack.names == 0
                          ? fmt::format("the original of {}: nothing is at its target any more",
                                        item.places.step->item)
                          : fmt::format("what is left of the original of {}: nothing is at its "
                                        "target any more, and of its {} names {} are missing, {} "
                                        "among them",
                                        item.places.step->item,
                                        item.there->totals().entries,
                                        lack.names,
                                        base::in_quotes(lack.first)));
        return;
    }
    const os::Location coming = beside(*item.places.home, item.places.staging);
    const auto back = manifest(item, journal::Direction::back);
    if (sight.coming == At::thing && back && is_whole(context_, coming, *back)) {
        tree::sync(context_.fs, coming, context_.workers);
        barrier_.touch(coming.directory);
        item.uses_coming = true;
        context_.tell("Using",
                      fmt::format("the copy of {} that an earlier run has brought home: nothing is "
                                  "at its target any more",
                                  item.places.step->item));
    }
}

void Homecoming::copy_home(Item& item) {
    const plan::Switch& step = *item.places.step;
    CopyRoute route{.item = step.item,
                    .source = *item.places.target,
                    .staging =
                        beside(*item.places.home,
                               item.uses_original ? item.places.returning : item.places.staging),
                    .manifest = {context_.fs.open(journal_.path.parent_path()),
                                 journal::manifest_name(item.number, journal::Direction::back)}};
    if (item.uses_original) {
        route.drops = step.drops;  // the original has them still
        item.ours = manifest(item, journal::Direction::back);
        item.keep.emplace(tree::Keep{.manifest = *item.there,
                                     .ours = item.ours ? &*item.ours : nullptr,
                                     .suffix = suffix(),
                                     .tell = [this](const std::filesystem::path& path) {
                                         context_.tell(
                                             "Kept",
                                             fmt::format("what a program wrote late, as {}",
                                                         base::in_quotes(path.native())));
                                     }});
    }
    item.job.emplace(context_, std::move(route));
    const tree::TreeSize size = tree::measure({step.target}, context_.workers).front();
    item.job->copy(size.files, size.bytes, item.keep ? &*item.keep : nullptr);
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

bool Homecoming::take_back() {
    os::Fs& fs = context_.fs;
    if (std::ranges::any_of(items_, [&](const Item& item) {
            return see(fs, item.places).returning == At::thing;
        })) {
        return false;
    }
    for (const Item& item : items_) {
        const os::Location coming = beside(*item.places.home, item.places.staging);
        if (see(fs, item.places).is_exchanged() && fs.look(coming)) {
            barrier_.touch(coming.directory);
            tree::remove(fs, coming, context_.workers);
        }
    }
    return true;
}

bool Homecoming::settle_what_changed() {
    bool has_changed = false;
    for (Item& item : items_) {
        if (item.job && item.job->is_stale()) {
            settle_one(item);
            has_changed = true;
        }
    }
    if (has_changed) {
        barrier_.sync();
    }
    return has_changed;
}

// Else it is at home, or purged and without an original: require_data() has let it pass.
bool Homecoming::is_to_exchange(const Item& item, const CopySight& sight) {
    const bool is_coming = sight.coming == At::thing && (item.job || item.uses_coming);
    return sight.home != At::thing && (item.uses_original || is_coming);
}

bool Homecoming::exchanges_something() const {
    return std::ranges::any_of(items_, [&](const Item& item) {
        return is_to_exchange(item, see(context_.fs, item.places));
    });
}

void Homecoming::exchange() {
    os::Fs& fs = context_.fs;
    for (Item& item : items_) {
        const CopySight sight = see(fs, item.places);
        if (!is_to_exchange(item, sight)) {
            continue;
        }
        const os::Location& home = *item.places.home;
        const bool original = item.uses_original;
        const os::Location returning = beside(home, item.places.returning);
        const os::Location coming = beside(home, item.places.staging);
        const os::Location& from = original ? returning : coming;
        barrier_.touch(home.directory);
        switch (sight.home == At::our_link ? fs.exchange(home, from) : os::Renamed::unsupported) {
            case os::Renamed::done:
                // A program may have put something in the link's place in the meantime.
                if (look_at(fs, item.places, from) != At::our_link) {
                    exchange_back(fs, home, from);
                    throw in_the_way(home);
                }
                break;
            case os::Renamed::unsupported:
                exchange_in_two(item, from, original ? coming : returning);
                break;
            default: throw in_the_way(home);
        }
    }
}

// Nothing is at the old path for one call. The link goes to the other name, where it tells whoever
// goes on from here that the item is back.
void Homecoming::exchange_in_two(const Item& item, const os::Location& from,
                                 const os::Location& link) {
    os::Fs& fs = context_.fs;
    const os::Location& home = *item.places.home;
    if (fs.look(home)) {
        rename(fs, home, link);
        if (look_at(fs, item.places, link) != At::our_link) {
            rename(fs, link, home);
            throw in_the_way(home);
        }
    }
    rename(fs, from, home);
}

void Homecoming::carry_what_writers_finish(HomesLock& lock) {
    std::vector<std::filesystem::path> targets;
    for (const Item& item : items_) {
        const CopySight sight = see(context_.fs, item.places);
        if (sight.is_back() && sight.target == At::thing && !is_away(item)) {
            targets.push_back(context_.fs.real_path(item.places.step->target));
        }
    }
    wait_while([&] { return std::ranges::any_of(os::users_of(targets), &os::TreeUser::writes); },
               context_.wait,
               [&] {
                   context_.tell("Blocking", "waiting for a program that still writes to a copy");
                   carry_late_writes();
                   lock.let_tools_go();
               });
    // Not before that look: who has closed a file by then has written all of it.
    carry_late_writes();
}

void Homecoming::carry_late_writes() {
    for (Item& item : items_) {
        const CopySight sight = see(context_.fs, item.places);
        if (!sight.is_back() || sight.target != At::thing || is_away(item)) {
            continue;
        }
        const auto back = manifest(item, journal::Direction::back);
        const auto there = manifest(item, journal::Direction::forward);
        if (back || there) {
            apply::carry_late_writes(context_,
                                     {.place = *item.places.target,
                                      .manifest = back ? *back : *there,
                                      .look = back ? tree::Look::untouched : tree::Look::content,
                                      .drops = item.places.step->drops,
                                      .suffix = suffix()},
                                     *item.places.home);
        }
    }
}

}  // namespace rehome::apply
