#include "apply/transaction.hpp"
#include "cli/commands.hpp"
#include "os/interrupt.hpp"

#include <fmt/format.h>

namespace rehome::cli {

namespace {

const Grammar grammar{
    .name = "resume",
    .about = "finish what was interrupted, in the direction it had",
    .operands = "",
    .options = {{"wait", '\0', "SECS", "how long to wait for locks and tools (default 10)"}}};

Exit resume(const Machine& machine, const Arguments& arguments) {
    StatusLine status(machine.screen);
    const apply::Context context = context_of(machine, arguments, status);
    os::catch_interrupts();
    base::json::array finished;
    const std::vector<journal::Journal> journals = read_journals(machine);
    require_own(machine, journals);
    for (const journal::Journal& journal : journals) {
        if (!apply::is_resumable(journal)) {
            continue;
        }
        apply::resume(context, journal);
        const std::optional<journal::Journal> now = journal::read_journal(machine.fs, journal.path);
        const std::string_view state = now ? state_name(now->stage) : "gone";
        machine.screen.verb("Finished", fmt::format("transaction {}: {}", journal.begin.id, state));
        finished.push_back(base::json::object{{"transaction", journal.begin.id}, {"state", state}});
    }
    if (machine.screen.is_json()) {
        const bool changed = !finished.empty();
        machine.screen.show(base::json::object{
            {"command", "resume"}, {"changed", changed}, {"finished", std::move(finished)}});
    } else if (finished.empty()) {
        machine.screen.note("nothing to resume: no transaction was interrupted");
    }
    return Exit::done;
}

}  // namespace

Command resume_command() {
    return {grammar, resume};
}

}  // namespace rehome::cli
