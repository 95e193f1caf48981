// The way there (DESIGN section 5). Items that are copied come first, as far as Copied
// (copies.cpp); then all are switched together. What each barrier is for:
//   Begin and the pointers   recovery knows the whole plan before the first change
//   barrier 1                every target's link is on the disk before an item goes there, so that
//                            no crash leaves an old path that leads nowhere
//   exchanges, barrier 2     every item is at its target before the journal says so
//   compat links, barrier 3  of items that move on from an earlier target: the links in the homes
//                            lead to where the items are on the disk by now
#include "apply/transaction.hpp"

#include "apply/as_planned.hpp"
#include "apply/barrier.hpp"
#include "apply/compat_link.hpp"
#include "apply/copies.hpp"
#include "apply/former_target.hpp"
#include "apply/health.hpp"
#include "apply/homecoming.hpp"
#include "apply/rollback.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/overloaded.hpp"
#include "os/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

namespace rehome::apply {

namespace {

// The transaction is committed whatever happens here.
void settle(Copies& copies, journal::Writer& writer, const std::string& id) {
    try {
        copies.settle_originals(writer);
    } catch (base::Error& error) {
        error.set_kind(base::Kind::attention);
        error.add_context(fmt::format("transaction {} is applied; only the originals of what was "
                                      "copied are left",
                                      id));
        error.set_help("run `rehome resume` to go on with them");
        throw;
    }
}

// A compiler that has begun there looks for its libraries there.
void leave_former_targets(const Context& context, const journal::Begin& begin,
                          journal::Writer& writer, const HomesLock& lock) {
    if (!begin.plan.has_items_that_move_on()) {
        return;
    }
    lock.wait_for_compilers(context.wait, context.tell);
    try {
        remove_links_left(context.fs, begin);
        writer.append(journal::Left{});
    } catch (base::Error& error) {
        error.set_kind(base::Kind::attention);
        error.add_context(fmt::format("transaction {} is applied; only links where its items were "
                                      "before are left",
                                      begin.id));
        error.set_help("run `rehome resume` to remove them");
        throw;
    }
}

class Forward {
public:
    Forward(const Context& context, const journal::Journal& journal, journal::Writer& writer,
            HomesLock& lock, Health& health, Identities identities)
        : context_(context), fs_(context.fs), begin_(journal.begin), journal_(journal),
          writer_(writer), lock_(lock), health_(health), identities_(identities),
          barrier_(context.fs), switcher_(context.fs, barrier_, context.tell) {}

    void go() {
        point_to_journal();
        prepare();
        places_ = open_all(fs_, begin_.plan, begin_.id);
        for (const Places& one : places_) {
            switcher_.displace(one);
        }
        copies_.emplace(context_, journal_, barrier_, places_);
        if (!copies_->none()) {
            // Others go on working while the copy is made: our own changes must not look like
            // theirs.
            put_back_times(fs_, barrier_, journal_.times, places_);
            copies_->stage(writer_, lock_, identities_);
        }
        for (const Places& one : places_) {
            if (one.step->way == plan::Way::rename) {
                switcher_.place_link(one);
            }
        }
        copies_->place_links();
        barrier_.sync();
        std::optional<os::Lease> lease;
        if (!copies_->none()) {
            ask_before_switch();
            lease = lock_.let_tools_rest(
                fs_,
                [&] { return copies_->stage_what_changed(writer_, identities_); },
                context_.wait,
                context_.tell);
        }
        for (const Places& one : places_) {
            os::check_interrupt();
            if (one.step->way == plan::Way::rename) {
                switcher_.switch_to_target(one, identities_);
            }
        }
        copies_->exchange(identities_);
        lease.reset();
        put_back_times(fs_, barrier_, copies_->times(), places_);
        barrier_.sync();
        if (!copies_->none()) {
            copies_->carry_late_writes();
        }
        health_.require_same();
        if (!copies_->none()) {
            copies_->replace(writer_);
        }
        turn_compat_links();
        writer_.append(journal::Committed{health_.ask_after()});
    }

    // After go(): nothing is undone any more.
    void settle_originals() {
        settle(*copies_, writer_, begin_.id);
        leave_former_targets(context_, begin_, writer_, lock_);
    }

private:
    // What a killed run has left may have silenced the tools: only a whole home is asked.
    void ask_before_switch() {
        if (identities_ == Identities::known) {
            health_.ask_before();
        }
    }

    void turn_compat_links() {
        if (!begin_.plan.has_items_that_move_on()) {
            return;
        }
        barrier_.sync();
        turn_to_new_targets(fs_, barrier_, begin_.plan, begin_.id);
        put_back_times(fs_, barrier_, copies_->times(), places_);
        barrier_.sync();
    }

    void point_to_journal() {
        for (const plan::PlannedHome& home : begin_.plan.homes) {
            const os::Directory directory = fs_.open(home.path);
            journal::write_pointer(fs_, directory, {begin_.id, writer_.path()});
            barrier_.touch(directory);
        }
        barrier_.sync();
    }

    void prepare() {
        std::size_t links = 0;
        for (const plan::Step& step : begin_.plan.steps) {
            os::check_interrupt();
            std::visit(
                base::Overloaded{
                    [&](const plan::MakeDirectory& make) {
                        const os::Directory parent = fs_.open(make.path.parent_path());
                        fs_.make_directory({parent, make.path.filename().string()}, make.mode);
                        barrier_.touch(parent);
                    },
                    [&](const plan::Tighten& tighten) {
                        const os::Directory parent = fs_.open(tighten.path.parent_path());
                        const os::Location at{parent, tighten.path.filename().string()};
                        const std::optional<os::FileInfo> info = fs_.look(at);
                        // A link: it was tightened and moved before the kill.
                        if (info && info->type != os::FileType::symlink) {
                            fs_.set_mode(at, tighten.mode);
                        }
                    },
                    [&](const plan::RewriteLink& rewrite) {
                        rewrite_link(
                            fs_, barrier_, rewrite.path, rewrite.old_text, rewrite.new_text);
                    },
                    [&](const plan::MakeLink& link) {
                        make_link(fs_, barrier_, link, begin_.id, ++links);
                    },
                    [&](const plan::RemoveLink& link) {
                        remove_link(fs_, barrier_, link, begin_.id);
                    },
                    [](const plan::RemoveDirectory&) {},  // when the items have moved on
                    [](const plan::Switch&) {},
                },
                step);
        }
    }

    const Context& context_;
    os::Fs& fs_;
    const journal::Begin& begin_;
    const journal::Journal& journal_;
    journal::Writer& writer_;
    HomesLock& lock_;
    Health& health_;
    Identities identities_;
    Barrier barrier_;
    Switcher switcher_;
    std::vector<Places> places_;
    std::optional<Copies> copies_;
};

// Puts everything back after a failure. Where that fails too, both reasons are told.
void undo(const Context& context, const journal::Journal& begun, journal::Writer& writer,
          HomesLock& lock, Health& health, const std::string& reason) {
    const std::string help =
        fmt::format("run `rehome rollback {}` to put everything back", begun.begin.id);
    if (writer.is_unknown()) {
        throw base::Error(base::Kind::attention,
                          fmt::format("{}; whether that was recorded is unknown", reason),
                          help);
    }
    // One Ctrl-C has brought us here; another ends this as well.
    os::tolerate_interrupts();
    try {
        // What was recorded since the beginning: which copies are ours.
        const std::optional<journal::Journal> now = journal::read_journal(context.fs, begun.path);
        const journal::Journal& journal = now ? *now : begun;
        if (journal.is_replacing) {
            throw base::Error(base::Kind::attention,
                              "originals have been deleted already, so this transaction can only "
                              "be finished",
                              "run `rehome resume`");
        }
        go_back(context, journal, writer, lock, health);
    } catch (base::Error& error) {
        if (os::interrupted()) {
            throw base::Error(base::Kind::attention,
                              "interrupted twice: not everything is put back yet, but every item "
                              "can be reached at its old path",
                              help);
        }
        throw base::Error(
            base::Kind::attention,
            fmt::format("{}; putting everything back failed as well: {}", reason, error.what()),
            error.help().value_or(help));
    }
}

void forward_or_undo(const Context& context, const journal::Journal& journal,
                     journal::Writer& writer, HomesLock& lock, Health& health,
                     Identities identities) {
    Forward forward(context, journal, writer, lock, health, identities);
    try {
        forward.go();
    } catch (base::Error& error) {
        if (error.kind() == base::Kind::attention && identities == Identities::from_another_run) {
            throw;  // a conflict that was there before: only the user can choose to go back
        }
        undo(context, journal, writer, lock, health, error.what());
        error.add_context("everything was put back");
        throw;
    } catch (const std::exception& error) {
        undo(context, journal, writer, lock, health, error.what());
        throw;
    }
    forward.settle_originals();
}

// The ids in names like ".rehome-<id>-...": what an earlier transaction has kept there must never
// be taken for something of this one.
void add_ids_in(const os::ReadFs& fs, const std::filesystem::path& path,
                std::vector<std::string>& ids) {
    constexpr std::string_view prefix = ".rehome-";
    const std::optional<os::Directory> directory = fs.open_if_there(path);
    if (!directory) {
        return;
    }
    for (const os::Entry& entry : fs.list(*directory)) {
        const std::size_t dash = entry.name.find('-', prefix.size());
        if (entry.name.starts_with(prefix) && dash != std::string::npos) {
            ids.push_back(entry.name.substr(prefix.size(), dash - prefix.size()));
        }
    }
}

std::vector<std::string> ids_in_use(const os::ReadFs& fs, const plan::Plan& plan,
                                    std::vector<std::string> known) {
    std::set<std::filesystem::path> directories;
    for (const plan::Switch* step : plan.switches()) {
        directories.insert(step->path.parent_path());
        directories.insert(step->target.parent_path());
    }
    for (const std::filesystem::path& directory : directories) {
        add_ids_in(fs, directory, known);
    }
    return known;
}

std::int64_t now_in_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

std::string apply(const Context& context, plan::Plan plan, const std::vector<std::string>& known) {
    base::require(!plan::stops(plan.findings), "a plan with conflicts is not applied");
    Health health(context, plan);
    if (std::ranges::all_of(plan.switches(), [](const plan::Switch* step) {
            return step->way == plan::Way::rename;
        })) {
        // Nobody is kept out yet: no rustup gets more time to begin before the switch. (Of a home
        // that is copied first the answers may be old by then.)
        health.ask_before();
    }
    HomesLock lock = lock_homes(context, plan);
    require_as_planned(context.fs, plan, context.state);

    journal::Created created =
        journal::create_transaction(context.fs, context.state, ids_in_use(context.fs, plan, known));
    journal::Journal journal;
    journal.path = created.writer.path();
    journal.begin.id = created.id;
    journal.begin.time = now_in_seconds();
    journal.begin.plan = std::move(plan);
    journal.times = times_of(
        context.fs, journal.begin.plan, open_all(context.fs, journal.begin.plan, journal.begin.id));
    journal.begin.times = journal.times;
    begin(context.fs, created, journal.begin);
    forward_or_undo(context, journal, created.writer, lock, health, Identities::known);
    return created.id;
}

bool is_resumable(const journal::Journal& journal) {
    return journal.is_unfinished() || journal.has_unsettled_originals() || journal.has_links_left();
}

void resume(const Context& context, const journal::Journal& journal) {
    HomesLock lock = lock_homes_of(context, journal);
    // Another rehome may have finished it while we waited for the locks.
    const std::optional<journal::Journal> now = journal::read_journal(context.fs, journal.path);
    if (!now || !is_resumable(*now)) {
        return;
    }
    const bool forward =
        now->stage == journal::Stage::begun && now->begin.direction == journal::Direction::forward;
    if (forward || now->has_unsettled_originals()) {
        require_targets_mounted(
            context.fs, *now, open_all(context.fs, now->begin.plan, now->begin.id));
        require_former_targets_mounted(context.fs, now->begin.plan);
    }
    journal::Writer writer = journal::Writer::open(context.fs, *now);
    Health unasked(context, now->begin.plan);
    if (forward) {
        forward_or_undo(context, *now, writer, lock, unasked, Identities::from_another_run);
    } else if (now->has_unsettled_originals()) {
        Barrier barrier(context.fs);
        const std::vector<Places> places = open_all(context.fs, now->begin.plan, now->begin.id);
        Copies copies(context, *now, barrier, places);
        settle(copies, writer, now->begin.id);
        leave_former_targets(context, now->begin, writer, lock);
    } else if (now->is_in_force()) {
        leave_former_targets(context, now->begin, writer, lock);
    } else {
        require_way_back(context.fs, *now, Missing::refuse);
        go_back(context, *now, writer, lock, unasked);
    }
}

}  // namespace rehome::apply
