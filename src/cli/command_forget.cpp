#include "apply/originals.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/commands.hpp"
#include "os/interrupt.hpp"
#include "tree/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

const Grammar grammar{.name = "forget",
                      .about = "delete the originals that a transaction kept, or its record",
                      .operands = "ID",
                      .operands_min = 1,
                      .operands_max = 1,
                      .options = {{"yes", 'y', "", "do not ask"}}};

// Something is still at a target, or a link of it at an old path: the journal says how it goes
// back.
bool is_needed(const Machine& machine, const plan::Plan& plan) {
    return std::ranges::any_of(plan.switches(), [&](const plan::Switch* step) {
        const std::optional<os::FileInfo> old = machine.fs.look(step->path);
        return machine.fs.look(step->target).has_value() ||
               (old && old->type == os::FileType::symlink);
    });
}

void remove_pointers(const Machine& machine, const journal::Journal& journal) {
    for (const plan::PlannedHome& home : journal.begin.plan.homes) {
        const std::optional<os::Directory> directory = machine.fs.open_if_there(home.path);
        const auto pointer =
            directory ? journal::read_pointer(machine.fs, home.path) : std::nullopt;
        if (pointer && pointer->journal == journal.path) {
            journal::remove_pointer(machine.fs, *directory);
        }
    }
}

// The originals of a transaction in force: deleted on the user's word, and never the last copy of
// what cannot be made again.
Exit forget_originals(const Machine& machine, const Arguments& arguments,
                      const journal::Journal& journal) {
    StatusLine status(machine.screen);
    const apply::Context context = context_of(machine, arguments, status);
    const std::vector<apply::KeptOriginal> originals = apply::kept_originals(context, journal);
    if (originals.empty()) {
        throw Error(Kind::refused,
                    fmt::format("transaction {} is applied: `rollback` and `print-env` read its "
                                "journal, and no originals are left to delete",
                                journal.begin.id),
                    fmt::format("roll it back first: rehome rollback {}", journal.begin.id));
    }
    tree::TreeSize size;
    for (const apply::KeptOriginal& one : originals) {
        size += one.size;
        if (!machine.screen.is_json()) {
            machine.screen.show(fmt::format("  {:<20} {:>10} in {}  {}\n",
                                            base::printable(one.item),
                                            base::human_bytes(one.size.disk_bytes),
                                            base::counted(one.size.files, "file"),
                                            short_path(machine, one.place.path().string())));
        }
        if (one.lacking.empty()) {
            continue;
        }
        if (!one.regenerable) {
            throw Error(Kind::refused,
                        fmt::format("the original of {} may be the last copy: {}; nothing was "
                                    "deleted",
                                    one.item,
                                    one.lacking),
                        fmt::format("bring the target back (a mount, a backup), or `rehome "
                                    "rollback {}`; to delete it anyway, remove {} yourself",
                                    journal.begin.id,
                                    base::in_quotes(one.place.path().native())));
        }
        machine.screen.finding(
            {plan::Severity::warn,
             "last_copy",
             one.item,
             fmt::format("the original of {} may be the last copy: {}", one.item, one.lacking),
             "cargo and rustup make it again when they need it"});
    }
    if (!arguments.has("yes") &&
        !machine.screen.confirm(fmt::format("Delete {} of transaction {} ({})?",
                                            base::counted(originals.size(), "original"),
                                            journal.begin.id,
                                            base::human_bytes(size.disk_bytes)))) {
        throw Error(Kind::io, "you did not agree; nothing was changed");
    }
    os::catch_interrupts();
    apply::delete_originals(context, journal, originals);
    if (machine.screen.is_json()) {
        machine.screen.show(base::json::object{{"command", "forget"},
                                               {"changed", true},
                                               {"transaction", journal.begin.id},
                                               {"originals", originals.size()},
                                               {"disk_bytes", size.disk_bytes}});
    }
    status.verb("Freed",
                fmt::format("{}; transaction {} stays, and can still be rolled back",
                            base::human_bytes(size.disk_bytes),
                            journal.begin.id));
    return Exit::done;
}

Exit forget(const Machine& machine, const Arguments& arguments) {
    const std::vector<journal::Journal> journals = read_journals(machine);
    require_own(machine, journals);
    const journal::Journal& journal = journal_with_id(journals, arguments.operands().front());
    const std::string& id = journal.begin.id;
    if (journal.is_unfinished()) {
        throw Error(Kind::attention,
                    fmt::format("transaction {} was interrupted; its journal is the way out", id),
                    fmt::format("run `rehome resume` or `rehome rollback {}` first", id));
    }
    if (journal.is_in_force() && is_needed(machine, journal.begin.plan)) {
        return forget_originals(machine, arguments, journal);
    }
    const tree::TreeSize size = tree::measure({journal.path.parent_path()}, 1).front();
    if (!arguments.has("yes") &&
        !machine.screen.confirm(fmt::format(
            "Delete the record of transaction {} ({})?", id, base::human_bytes(size.disk_bytes)))) {
        throw Error(Kind::io, "you did not agree; nothing was changed");
    }
    remove_pointers(machine, journal);
    journal::remove_transaction(machine.fs, journal.path);
    if (machine.screen.is_json()) {
        machine.screen.show(base::json::object{{"command", "forget"},
                                               {"changed", true},
                                               {"transaction", id},
                                               {"disk_bytes", size.disk_bytes}});
    }
    machine.screen.verb("Forgot",
                        fmt::format("transaction {}, {}", id, base::human_bytes(size.disk_bytes)));
    return Exit::done;
}

}  // namespace

Command forget_command() {
    return {grammar, forget};
}

}  // namespace rehome::cli
