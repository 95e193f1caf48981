#include "apply/rollback.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "cli/rollback_screen.hpp"
#include "os/interrupt.hpp"
#include "scan/compat_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

const Grammar grammar{
    .name = "rollback",
    .about = "put everything back as it was, with what was added since",
    .operands = "[ID]",
    .operands_max = 1,
    .options = {{"all", '\0', "", "undo all transactions of these homes, the newest first"},
                {"dry-run", 'n', "", "show what would go back and change nothing"},
                {"yes", 'y', "", "do not ask"},
                {"force", '\0', "", "go back although some data is missing; deletes nothing"},
                {"wait", '\0', "SECS", "how long to wait for locks and tools (default 10)"}}};

bool share_a_home(const journal::Journal& one, const journal::Journal& other) {
    return std::ranges::any_of(one.begin.plan.homes, [&](const plan::PlannedHome& home) {
        return std::ranges::find(other.begin.plan.homes, home.path, &plan::PlannedHome::path) !=
               other.begin.plan.homes.end();
    });
}

// Only the newest transaction of a home can be undone: the later ones stand on it.
void refuse_older(const std::vector<journal::Journal>& journals, const journal::Journal& wanted) {
    std::vector<std::string> later;
    for (auto journal = journals.rbegin(); &*journal != &wanted; ++journal) {
        if (journal->stage != journal::Stage::closed && share_a_home(*journal, wanted)) {
            later.push_back(journal->begin.id);
        }
    }
    if (!later.empty()) {
        throw Error(Kind::refused,
                    fmt::format("transaction {} is older than {} in the same home; nothing was "
                                "changed",
                                wanted.begin.id,
                                base::listed(later)),
                    fmt::format("roll back the newest first: rehome rollback {}", later.front()));
    }
}

bool is_of_these_homes(const Machine& machine, const journal::Journal& journal) {
    const layout::Layout layout = bare_layout(machine);
    return std::ranges::any_of(journal.begin.plan.homes, [&](const plan::PlannedHome& home) {
        return home.path == layout.homes.at(home.name).path;
    });
}

// What a bare rollback undoes: an interrupted transaction of these homes first, else the newest.
const journal::Journal* next_to_undo(const Machine& machine,
                                     const std::vector<journal::Journal>& journals) {
    const journal::Journal* next = nullptr;
    for (const journal::Journal& journal : journals) {
        const bool open = journal.stage != journal::Stage::closed;
        const bool waits = next != nullptr && next->is_unfinished();
        if (open && is_of_these_homes(machine, journal) && (!waits || journal.is_unfinished())) {
            next = &journal;
        }
    }
    return next;
}

// Shows what goes back, and whether to go on.
bool agreed(const Machine& machine, const Arguments& arguments, const plan::Plan& plan,
            const std::string& id) {
    if (arguments.has("dry-run")) {
        if (machine.screen.is_json()) {
            show_rollback_json(machine, plan, id, false);
        } else {
            show_way_back(machine, plan);
            machine.screen.note("nothing was changed (dry run)");
        }
        return false;
    }
    if (arguments.has("yes")) {
        return true;
    }
    if (!machine.screen.is_json()) {
        show_way_back(machine, plan);
    }
    if (machine.screen.confirm(
            plan.is_repair() || plan.switches().empty()
                ? std::string("Undo this?")
                : fmt::format("Put back {}?", base::counted(plan.switches().size(), "item")))) {
        return true;
    }
    throw Error(Kind::io, "you did not agree; nothing was changed");
}

// What has gone back, which may have been decided on the way.
plan::Plan undone(const Machine& machine, const journal::Journal& journal) {
    const std::optional<journal::Journal> now = journal::read_journal(machine.fs, journal.path);
    return now ? now->begin.plan : journal.begin.plan;
}

apply::Missing missing_of(const Arguments& arguments) {
    return arguments.has("force") ? apply::Missing::accept : apply::Missing::refuse;
}

// Under rehome's own locks: without them another one may be moving the items at this moment. False
// if it has: then all has to be looked at again.
bool tell_losses(const Machine& machine, const Arguments& arguments,
                 const journal::Journal& journal) {
    StatusLine status(machine.screen);
    const apply::HomesLock lock =
        apply::lock_to_look(context_of(machine, arguments, status), journal.begin.plan);
    const std::optional<journal::Journal> now = journal::read_journal(machine.fs, journal.path);
    if (!now || now->stage != journal.stage) {
        return false;
    }
    apply::require_way_back(machine.fs, *now, missing_of(arguments));
    warn_of_losses(machine, apply::losses_of(machine.fs, *now));
    return true;
}

// A pointer without its journal, and no link to go by: that is not "never migrated".
void refuse_lost_journal(const Machine& machine) {
    for (const auto& entry : bare_layout(machine).homes) {
        const std::string& home = entry.second.path;
        const auto pointer = journal::read_pointer(machine.fs, home);
        if (pointer && !journal::read_journal(machine.fs, pointer->journal)) {
            throw Error(Kind::attention,
                        fmt::format("{} was migrated, but its journal {} is missing, and no link "
                                    "tells what goes back",
                                    base::in_quotes(home),
                                    base::in_quotes(pointer->journal.native())),
                        fmt::format("bring the journal back; if there is nothing to put back, "
                                    "remove {}/{}",
                                    home,
                                    journal::pointer_name));
        }
    }
}

// Nothing if another rehome was faster: then all has to be looked at again.
std::optional<Exit> roll_back_links(const Machine& machine, const Arguments& arguments,
                                    const std::vector<std::string>& ids) {
    const plan::Plan plan = scan::plan_from_links(machine.fs, bare_layout(machine));
    if (!plan.changes_something()) {
        refuse_lost_journal(machine);
        if (machine.screen.is_json()) {
            show_rollback_json(machine, plan, "", false);
        } else {
            machine.screen.note("nothing to roll back: no home is migrated");
        }
        return Exit::done;
    }
    machine.screen.finding({plan::Severity::warn,
                            "no_journal",
                            "",
                            "there is no journal: these links in your homes look like those that "
                            "rehome leaves",
                            "leave a link out by renaming it first"});
    if (!arguments.has("yes") || arguments.has("dry-run")) {
        if (!agreed(machine, arguments, plan, "")) {
            return Exit::done;
        }
    }
    os::catch_interrupts();
    std::optional<std::string> id;
    {
        StatusLine status(machine.screen);
        id = apply::roll_back_links(context_of(machine, arguments, status), plan, ids);
    }
    if (!id) {
        return std::nullopt;
    }
    report_rollback(machine, plan, *id);
    return Exit::done;
}

apply::RolledBack roll_back(const Machine& machine, const Arguments& arguments,
                            const journal::Journal& journal) {
    os::catch_interrupts();
    StatusLine status(machine.screen);
    return apply::roll_back(context_of(machine, arguments, status), journal, missing_of(arguments));
}

// Shows what goes back in each, and whether to go on.
bool agreed_to_all(const Machine& machine, const Arguments& arguments,
                   const std::vector<const journal::Journal*>& wanted) {
    const bool shows = arguments.has("dry-run") || !arguments.has("yes");
    for (const journal::Journal* journal : wanted) {
        if (shows && !machine.screen.is_json()) {
            machine.screen.show(fmt::format("transaction {}\n", journal->begin.id));
            show_way_back(machine, journal->begin.plan);
        }
    }
    if (arguments.has("dry-run")) {
        machine.screen.note("nothing was changed (dry run)");
        return false;
    }
    if (arguments.has("yes") || machine.screen.confirm(fmt::format(
                                    "Undo {}?", base::counted(wanted.size(), "transaction")))) {
        return true;
    }
    throw Error(Kind::io, "you did not agree; nothing was changed");
}

// Each is a rollback of its own: where one fails, those before it are undone and it says so itself.
Exit roll_back_all(const Machine& machine, const Arguments& arguments,
                   const std::vector<const journal::Journal*>& wanted) {
    const bool goes_on = agreed_to_all(machine, arguments, wanted);
    base::json::array ids;
    base::json::array items;
    for (const journal::Journal* journal : wanted) {
        const plan::Plan& plan = journal->begin.plan;
        ids.push_back(base::json::value(journal->begin.id));
        for (base::json::value& item : items_back(plan)) {
            items.push_back(std::move(item));
        }
        if (goes_on) {
            const apply::RolledBack back = roll_back(machine, arguments, *journal);
            if (!machine.screen.is_json()) {
                report_rollback(machine, undone(machine, *journal), journal->begin.id);
            }
            warn_of_losses(machine, back.losses);
            warn_of_changes(machine, back.changes);
        }
    }
    if (machine.screen.is_json()) {
        machine.screen.show(base::json::object{{"command", "rollback"},
                                               {"changed", goes_on},
                                               {"transactions", std::move(ids)},
                                               {"items", std::move(items)}});
    }
    return Exit::done;
}

std::vector<const journal::Journal*> open_ones(const Machine& machine,
                                               const std::vector<journal::Journal>& journals) {
    std::vector<const journal::Journal*> open;
    for (auto journal = journals.rbegin(); journal != journals.rend(); ++journal) {
        if (journal->stage != journal::Stage::closed && is_of_these_homes(machine, *journal)) {
            open.push_back(&*journal);
        }
    }
    return open;
}

Exit rollback(const Machine& machine, const Arguments& arguments) {
    const std::vector<journal::Journal> journals = read_journals(machine);
    require_own(machine, journals);
    if (arguments.has("all")) {
        if (!arguments.operands().empty()) {
            throw Error(Kind::usage, "--all and an ID exclude each other");
        }
        const std::vector<const journal::Journal*> open = open_ones(machine, journals);
        if (!open.empty()) {
            return roll_back_all(machine, arguments, open);
        }
    }
    const journal::Journal* journal = nullptr;
    if (arguments.operands().empty()) {
        journal = next_to_undo(machine, journals);
    } else {
        journal = &journal_with_id(journals, arguments.operands().front());
        refuse_older(journals, *journal);
    }
    if (journal == nullptr) {
        const std::optional<Exit> exit = roll_back_links(machine, arguments, ids_of(journals));
        return exit ? *exit : rollback(machine, arguments);
    }
    const plan::Plan& plan = journal->begin.plan;
    if (journal->stage == journal::Stage::closed) {
        if (machine.screen.is_json()) {
            show_rollback_json(machine, plan, journal->begin.id, false);
        } else {
            machine.screen.note(
                fmt::format("transaction {} was rolled back before", journal->begin.id));
        }
        return Exit::done;
    }
    // Who is asked, or only looks, is told before.
    const bool tells_before = !arguments.has("yes") || arguments.has("dry-run");
    if (tells_before && !tell_losses(machine, arguments, *journal)) {
        return rollback(machine, arguments);
    }
    if (!agreed(machine, arguments, plan, journal->begin.id)) {
        return Exit::done;
    }
    const apply::RolledBack back = roll_back(machine, arguments, *journal);
    report_rollback(machine, undone(machine, *journal), journal->begin.id);
    if (!tells_before) {
        warn_of_losses(machine, back.losses);
    }
    warn_of_changes(machine, back.changes);
    const std::vector<journal::Journal> others = read_journals(machine);
    if (const journal::Journal* next = next_to_undo(machine, others)) {
        machine.screen.note(fmt::format("{:>12} transaction {} is still {}: rehome rollback {}, "
                                        "or --all",
                                        "next:",
                                        next->begin.id,
                                        state_name(next->stage),
                                        next->begin.id));
    }
    return Exit::done;
}

}  // namespace

Command rollback_command() {
    return {grammar, rollback};
}

}  // namespace rehome::cli
