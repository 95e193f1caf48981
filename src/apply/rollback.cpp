// The way back: the same transaction with the places swapped.
//   RollbackBegin            whoever goes on from here goes back
//   peers, barrier 1         a reader that is under way finds the item whichever link it has read,
//                            and no link leads to a peer that a power cut has lost
//   exchanges, barrier 2     every item is at its old path
//   RolledBack               only now may links and peers at the targets go (PROTOCOL 8), and not
//                            before the compilers that have begun there
//   clearing, barrier 3      what the transaction made is gone
//   Closed
#include "apply/rollback.hpp"

#include "apply/barrier.hpp"
#include "apply/compat_link.hpp"
#include "apply/former_target.hpp"
#include "apply/homecoming.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "os/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace rehome::apply {

namespace {

class Backward {
public:
    Backward(const Context& context, const journal::Journal& journal, journal::Writer& writer,
             HomesLock& lock, Health& health)
        : fs_(context.fs), wait_(context.wait), tell_(context.tell), journal_(journal),
          plan_(journal.begin.plan), writer_(writer), barrier_(context.fs),
          switcher_(context.fs, barrier_, context.tell), lock_(lock), health_(health),
          places_(open_all(context.fs, journal.begin.plan, journal.begin.id)),
          copies_(context, journal, barrier_, places_), times_(journal.times) {}

    // Whether a way back that failed has ended where it began, with all items at their targets.
    [[nodiscard]] bool was_taken_back() const { return was_taken_back_; }

    void go() {
        if (journal_.stage != journal::Stage::rolled_back) {
            bring_back();
            writer_.append(journal::RolledBack{});
        }
        lock_.wait_for_compilers(wait_, tell_);
        clear();
        journal::remove_manifests(fs_, journal_.path);
        writer_.append(journal::Closed{health_.ask_after()});
    }

private:
    void bring_back() {
        for (const Places& one : places_) {
            settle_conflict(one);
        }
        restore_links_left(fs_, barrier_, journal_.begin);
        barrier_.sync();
        const bool renames = std::ranges::any_of(places_, [&](const Places& one) {
            const ItemState state = state_of(fs_, one);
            return one.step->way == plan::Way::rename &&
                   (state == ItemState::switched || state == ItemState::half);
        });
        prepare(renames ? LockTools::always : LockTools::for_copies);
        take_times_of_copies();
        for (const Places& one : places_) {
            if (one.step->way == plan::Way::rename) {
                switcher_.place_peers(one);
            }
        }
        barrier_.sync();
        std::optional<os::Lease> lease;
        if (copies_.exchanges_something()) {
            lease = lock_.let_tools_rest(
                fs_, [&] { return copies_.settle_what_changed(); }, wait_, tell_);
        }
        for (const Places& one : places_) {
            if (one.step->way == plan::Way::rename) {
                switcher_.turn_to_peer(one);
                switcher_.switch_back(one);
            }
        }
        copies_.exchange();
        lease.reset();
        if (plan_.has_items_that_move_on()) {
            barrier_.sync();  // no link leads where the item may not be
            turn_to_former_targets(fs_, barrier_, plan_, journal_.begin.id);
        }
        std::size_t links = 0;
        for (const plan::Step& step : plan_.steps) {
            if (const auto* rewrite = std::get_if<plan::RewriteLink>(&step)) {
                rewrite_link(fs_, barrier_, rewrite->path, rewrite->new_text, rewrite->old_text);
            } else if (const auto* link = std::get_if<plan::MakeLink>(&step)) {
                take_link_back(fs_, barrier_, *link, journal_.begin.id, ++links);
            } else if (const auto* removed = std::get_if<plan::RemoveLink>(&step)) {
                restore_link(fs_, barrier_, *removed, journal_.begin.id);
            }
        }
        put_back_times(fs_, barrier_, times_, places_);
        barrier_.sync();
        copies_.carry_what_writers_finish(lock_);
    }

    // A copy that failed has changed nothing yet: where this run began the way back, it ends it.
    void prepare(LockTools when) {
        try {
            copies_.prepare(lock_, when);
        } catch (base::Error& error) {
            if (journal_.stage != journal::Stage::committed) {
                throw;
            }
            os::tolerate_interrupts();
            if (!copies_.take_back()) {
                throw;
            }
            remove_links_left(fs_, journal_.begin);
            put_back_times(fs_, barrier_, times_, places_);
            barrier_.sync();
            writer_.append(journal::Committed{});
            if (plan_.has_items_that_move_on()) {
                writer_.append(journal::Left{});
            }
            was_taken_back_ = true;
            throw;
        }
    }

    // What is worked on while it is copied home has another mtime by now.
    void take_times_of_copies() {
        for (const Places& one : places_) {
            if (one.step->way == plan::Way::rename || !see(fs_, one).is_exchanged()) {
                continue;
            }
            const auto time = std::ranges::find(times_, one.step->path, &journal::PathTime::path);
            if (time != times_.end()) {
                time->mtime = fs_.look(*one.target)->mtime;
            }
        }
    }

    // Tools have been using the thing at the old path, or, once it has moved on, at the target; an
    // empty directory loses to any other thing.
    void settle_conflict(const Places& one) {
        const bool copied = one.step->way != plan::Way::rename;
        const bool conflict = copied ? see(fs_, one).is_conflict(journal_.was_committed)
                                     : state_of(fs_, one) == ItemState::conflict;
        if (!conflict || (copied && copies_.is_there_twice(one)) || is_undisplaced(one)) {
            return;
        }
        // What stands at a target that the item may never have reached is not ours to touch.
        if (!copied && !journal_.was_committed &&
            journal_.begin.direction == journal::Direction::forward) {
            tell_("Left",
                  fmt::format("what is at {}; {} is at its old path",
                              base::in_quotes(one.step->target.native()),
                              one.step->item));
            return;
        }
        barrier_.touch(one.home->directory);
        barrier_.touch(one.target->directory);
        for (const std::optional<os::Location>& place : {one.target, one.home}) {
            const std::optional<os::FileInfo> info = fs_.look(*place);
            if (info && info->type == os::FileType::directory &&
                fs_.remove_directory(*place) == os::Removed::done) {
                return;
            }
        }
        const bool is_used = is_link_to(fs_, one.step->compat_link, one.step->target);
        set_aside(one, is_used ? *one.home : *one.target);
    }

    // Both things are where a repair found them.
    [[nodiscard]] bool is_undisplaced(const Places& one) const {
        return one.step->displaces && !journal_.was_committed &&
               !fs_.look(beside(*one.target, one.displaced));
    }

    void set_aside(const Places& one, const os::Location& loser) {
        const os::Location aside =
            free_beside(fs_, loser, fmt::format(".rehome-{}-{}", journal_.begin.id, loser.name));
        writer_.append(journal::SetAside{one.step->item, aside.path().string()});
        if (fs_.rename_new(loser, aside) != os::Renamed::done) {
            throw base::Error(base::Kind::attention,
                              fmt::format("could not rename {} to {}",
                                          base::in_quotes(loser.path().native()),
                                          base::in_quotes(aside.path().native())),
                              "run `rehome rollback` again");
        }
        tell_("Kept",
              fmt::format("{} as cargo and rustup see it; what was at {} is now {}",
                          one.step->item,
                          base::in_quotes(loser.path().native()),
                          base::in_quotes(aside.path().native())));
    }

    void clear() {
        copies_.clear();
        for (const Places& one : places_) {
            if (one.step->way == plan::Way::rename) {
                switcher_.clear(one);
            }
            restore_empty_directory(one);
            switcher_.put_displaced_back(one);
        }
        for (auto step = plan_.steps.rbegin(); step != plan_.steps.rend(); ++step) {
            if (const auto* make = std::get_if<plan::MakeDirectory>(&*step)) {
                remove_made(make->path);
            }
        }
        for (const plan::PlannedHome& home : plan_.homes) {
            const os::Directory directory = fs_.open(home.path);
            if (home.previous.empty()) {
                journal::remove_pointer(fs_, directory);
            } else {
                journal::write_pointer(fs_, directory, {home.previous, home.previous_journal});
            }
            barrier_.touch(directory);
        }
        put_back_times(fs_, barrier_, times_, places_);
        barrier_.sync();
    }

    void restore_empty_directory(const Places& one) {
        if (!one.step->replaces || !one.target || state_of(fs_, one) != ItemState::unswitched) {
            return;
        }
        const std::optional<os::FileInfo> info = fs_.look(*one.target);
        if (info && info->type != os::FileType::directory) {
            return;
        }
        barrier_.touch(one.target->directory);
        fs_.make_directory(*one.target, one.step->replaces->mode);
        fs_.set_mode(*one.target, one.step->replaces->mode);
        fs_.set_mtime(*one.target, one.step->replaces->mtime);
    }

    // Only if it is empty: what somebody has put there since is theirs.
    void remove_made(const std::filesystem::path& path) {
        if (const auto parent = fs_.open_if_there(path.parent_path())) {
            const os::Location made{*parent, path.filename().string()};
            if (fs_.look(made) && fs_.remove_directory(made) == os::Removed::done) {
                barrier_.touch(*parent);
            }
        }
    }

    os::Fs& fs_;
    std::chrono::milliseconds wait_;
    const Tell& tell_;
    const journal::Journal& journal_;
    const plan::Plan& plan_;
    journal::Writer& writer_;
    Barrier barrier_;
    Switcher switcher_;
    HomesLock& lock_;
    Health& health_;
    std::vector<Places> places_;
    Homecoming copies_;
    std::vector<journal::PathTime> times_;
    bool was_taken_back_ = false;
};

// Records that from here on the way is back, unless that was recorded before, with the times and
// the plan as they are now.
void begin_way_back(const os::ReadFs& fs, journal::Journal& journal, journal::Writer& writer) {
    const plan::Plan& plan = journal.begin.plan;
    if (journal.stage == journal::Stage::rolled_back) {
        return;
    }
    if (journal.stage != journal::Stage::committed) {
        require_former_targets_mounted(fs, plan);
    }
    std::vector<journal::StraightHome> straight;
    if (journal.stage == journal::Stage::committed) {
        straight = without_former_target(fs, plan);
        journal::send_home(journal.begin.plan, straight);
        // Until the originals are settled the homes' times may be our own doing.
        if (!journal.has_unsettled_originals()) {
            journal.times = times_of(fs, plan, open_all(fs, plan, journal.begin.id));
        }
    }
    if (journal.stage != journal::Stage::rolling_back) {
        writer.append(journal::RollbackBegin{journal.times, straight});
    }
}

// Whether another rehome was at work between a look at the links and the locks.
bool has_changed(const os::ReadFs& fs, const plan::Plan& plan, const std::vector<Places>& places) {
    const bool is_begun = std::ranges::any_of(plan.homes, [&](const plan::PlannedHome& home) {
        const std::optional<journal::Pointer> pointer = journal::read_pointer(fs, home.path);
        const std::optional<journal::Journal> journal =
            pointer ? journal::read_journal(fs, pointer->journal) : std::nullopt;
        return journal && journal->stage != journal::Stage::closed &&
               std::ranges::find(journal->begin.plan.homes, home.path, &plan::PlannedHome::path) !=
                   journal->begin.plan.homes.end();
    });
    return is_begun || std::ranges::any_of(places, [&](const Places& one) {
               return state_of(fs, one) != ItemState::switched;
           });
}

}  // namespace

void go_back(const Context& context, const journal::Journal& begun, journal::Writer& writer,
             HomesLock& lock, Health& health) {
    journal::Journal journal = begun;
    std::optional<Backward> backward;
    try {
        begin_way_back(context.fs, journal, writer);
        make_former_parents(context.fs, journal.begin.plan);
        backward.emplace(context, journal, writer, lock, health).go();
    } catch (base::Error& error) {
        if (backward && backward->was_taken_back()) {
            error.add_context(fmt::format(
                "nothing was changed; transaction {} is applied as before", journal.begin.id));
            throw;
        }
        if (error.kind() == base::Kind::interrupted) {
            throw base::Error(base::Kind::attention,
                              "interrupted on the way back; every item can still be reached at "
                              "its old path",
                              fmt::format("run `rehome rollback {}` to go on", journal.begin.id));
        }
        error.set_kind(base::Kind::attention);
        error.add_context("on the way back; every item can still be reached at its old path");
        error.set_help(fmt::format("mend that, then run `rehome rollback {}`", journal.begin.id));
        throw;
    }
}

RolledBack roll_back(const Context& context, const journal::Journal& journal, Missing missing) {
    Health health(context, journal.begin.plan);
    if (journal.is_in_force()) {
        health.ask_before();
    }
    HomesLock lock = lock_homes_of(context, journal);
    // Another rehome may have gone back while we waited for the locks.
    const std::optional<journal::Journal> now = journal::read_journal(context.fs, journal.path);
    if (!now || now->stage == journal::Stage::closed) {
        return {};
    }
    require_way_back(context.fs, *now, missing);
    Losses losses = losses_of(context.fs, *now);
    journal::Writer writer = journal::Writer::open(context.fs, *now);
    go_back(context, *now, writer, lock, health);
    return {std::move(losses), health.changes()};
}

std::optional<std::string> roll_back_links(const Context& context, const plan::Plan& plan,
                                           const std::vector<std::string>& known) {
    HomesLock lock = lock_homes(context, plan);
    const std::vector<Places> places = open_all(context.fs, plan, "");
    if (has_changed(context.fs, plan, places)) {
        return std::nullopt;
    }
    require_one_filesystem(context.fs, places);
    journal::Journal journal;
    journal.begin.direction = journal::Direction::back;
    journal.begin.plan = plan;
    require_room_at_home(context.fs, journal, places);
    journal::Created created = journal::create_transaction(context.fs, context.state, known);
    journal.path = created.writer.path();
    journal.begin.id = created.id;
    journal.begin.time = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
    journal.times =
        times_of(context.fs, plan, open_all(context.fs, journal.begin.plan, created.id));
    journal.begin.times = journal.times;
    begin(context.fs, created, journal.begin);
    Health unasked(context, plan);
    go_back(context, journal, created.writer, lock, unasked);
    return created.id;
}

}  // namespace rehome::apply
