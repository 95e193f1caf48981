#include "base/quantity.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"

#include <fmt/format.h>

namespace rehome::cli {

namespace {

const Grammar grammar{
    .name = "history", .about = "list the transactions", .operands = "", .options = {}};

std::string homes_text(const Machine& machine, const plan::Plan& plan) {
    std::vector<std::string> homes;
    for (const plan::PlannedHome& home : plan.homes) {
        homes.push_back(short_path(machine, home.path));
    }
    return base::listed(homes);
}

std::string what_of(const plan::Plan& plan) {
    if (plan.is_repair()) {
        return "repair";
    }
    return plan.switches().empty() ? std::string("links to programs")
                                   : base::counted(plan.switches().size(), "item");
}

base::json::object to_json(const journal::Journal& journal) {
    base::json::array homes;
    for (const plan::PlannedHome& home : journal.begin.plan.homes) {
        homes.push_back(base::bytes_to_json(home.path.native()));
    }
    return {{"transaction", journal.begin.id},
            {"time", journal.begin.time},
            {"state", state_name(journal.stage)},
            {"profile", journal.begin.plan.profile},
            {"homes", std::move(homes)},
            {"items", journal.begin.plan.switches().size()},
            {"journal", base::bytes_to_json(journal.path.native())}};
}

Exit history(const Machine& machine, const Arguments&) {
    const std::vector<journal::Journal> journals = read_journals(machine);
    if (machine.screen.is_json()) {
        base::json::array transactions;
        for (const journal::Journal& journal : journals) {
            transactions.push_back(to_json(journal));
        }
        machine.screen.show(base::json::object{
            {"command", "history"}, {"changed", false}, {"transactions", std::move(transactions)}});
        return Exit::done;
    }
    if (journals.empty()) {
        machine.screen.note("no transactions yet");
    }
    for (const journal::Journal& journal : journals) {
        const std::string state = fmt::format("{:<11}", state_name(journal.stage));
        const Paint paint = journal.is_unfinished()
                                ? Paint::red
                                : (journal.is_in_force() ? Paint::green : Paint::dim);
        machine.screen.show(fmt::format("{:>4}  {}  {}  {} of {}\n",
                                        journal.begin.id,
                                        time_text(journal.begin.time),
                                        machine.screen.painted(paint, state),
                                        what_of(journal.begin.plan),
                                        homes_text(machine, journal.begin.plan)));
        if (machine.screen.is_verbose()) {
            machine.screen.show(fmt::format("      {}\n", short_path(machine, journal.path)));
        }
        if (journal.is_unfinished()) {
            machine.screen.note(fmt::format(
                "      run `rehome resume` to finish it or `rehome rollback {}` to undo it",
                journal.begin.id));
        }
    }
    return Exit::done;
}

}  // namespace

Command history_command() {
    return {grammar, history};
}

}  // namespace rehome::cli
