#include "base/error.hpp"
#include "base/quantity.hpp"
#include "cli/commands.hpp"
#include "tree/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

const Grammar grammar{.name = "forget",
                      .about = "delete the record of a transaction that nothing depends on",
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

Exit forget(const Machine& machine, const Arguments& arguments) {
    const std::vector<journal::Journal> journals = read_journals(machine);
    const journal::Journal& journal = journal_with_id(journals, arguments.operands().front());
    const std::string& id = journal.begin.id;
    if (journal.is_unfinished()) {
        throw Error(Kind::attention,
                    fmt::format("transaction {} was interrupted; its journal is the way out", id),
                    fmt::format("run `rehome resume` or `rehome rollback {}` first", id));
    }
    if (journal.is_in_force() && is_needed(machine, journal.begin.plan)) {
        throw Error(Kind::refused,
                    fmt::format("transaction {} is applied: `rollback` and `print-env` read its "
                                "journal",
                                id),
                    fmt::format("roll it back first: rehome rollback {}", id));
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
