#include "apply/places.hpp"
#include "apply/transaction.hpp"
#include "base/overloaded.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "care/checks.hpp"
#include "care/repair.hpp"
#include "cli/commands.hpp"
#include "os/interrupt.hpp"
#include "plan/plan_json.hpp"
#include "rules/load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

const Grammar grammar{
    .name = "repair",
    .about = "mend what has changed since the homes were migrated",
    .operands = "",
    .options = {{"dry-run", 'n', "", "show what would be mended and change nothing (the default)"},
                {"apply", '\0', "", "mend it, as one transaction that rollback undoes"},
                {"yes", 'y', "", "do not ask"},
                {"wait", '\0', "SECS", "how long to wait for locks and tools (default 10)"}},
    .details = "A file in the place of a link goes where the link led; what was there is kept\n"
               "beside it. Links and directories that are missing are made again, items that\n"
               "are new move, tokens and directories that are too open are closed.\n"};

struct Repair {
    plan::Plan plan;
    std::vector<std::string> ids;
    std::size_t not_mended = 0;  // findings of the doctor that are not for this command
    bool is_split = false;       // there is a transaction to go by
};

Repair make_repair(const Machine& machine) {
    const std::vector<journal::Journal> journals = read_journals(machine);
    require_own(machine, journals);
    // With --rules the home was migrated by rules that are nowhere else.
    std::optional<std::filesystem::path> given;
    for (const journal::Journal& journal : journals) {
        if (journal.is_in_force()) {
            given = journal.begin.plan.request.rules;
        }
    }
    const rules::RuleSet rules =
        rules::load_rules(machine.fs, bare_layout(machine).rules.path, given);
    const care::Survey survey = care::look_around(machine.fs, {.environment = machine.environment});
    Repair repair{.plan = care::plan_repair(machine.fs, survey, rules, journals),
                  .ids = ids_of(journals)};
    for (const plan::Finding& finding : care::diagnose(survey)) {
        repair.not_mended += finding.help == care::repair_command ? 0 : 1;
    }
    repair.is_split = std::ranges::any_of(
        survey.homes, [](const care::CaredHome& home) { return home.in_force.has_value(); });
    return repair;
}

enum class Tense { future, past };

// One line of the screen: a verb and what it is done to.
struct Deed {
    std::string_view would;
    std::string_view did;
    std::string what;
};

Deed deed_of(const Machine& machine, const plan::Step& step) {
    const auto path = [&](const std::filesystem::path& long_path) {
        return base::printable(short_path(machine, long_path.string()));
    };
    return std::visit(
        base::Overloaded{
            [&](const plan::MakeDirectory& make) -> Deed {
                return {"Create", "Created", path(make.path)};
            },
            [&](const plan::Tighten& tighten) -> Deed {
                return {"Close",
                        "Closed",
                        fmt::format("{} to others: mode {:04o}", path(tighten.path), tighten.mode)};
            },
            [&](const plan::RewriteLink& rewrite) -> Deed {
                return {"Rewrite", "Rewrote", path(rewrite.path)};
            },
            [&](const plan::MakeLink& link) -> Deed {
                return {
                    "Link", "Linked", fmt::format("{} -> {}", path(link.path), path(link.target))};
            },
            [&](const plan::RemoveLink& link) -> Deed {
                return {
                    "Remove", "Removed", fmt::format("{}, which leads nowhere", path(link.path))};
            },
            [&](const plan::RemoveDirectory& remove) -> Deed {
                return {"Remove", "Removed", path(remove.path)};
            },
            [&](const plan::Switch& one) -> Deed {
                return {"Move",
                        "Moved",
                        fmt::format("{} -> {}{}",
                                    path(one.path),
                                    path(one.target),
                                    one.displaces ? ", beside what was there" : "")};
            },
        },
        step);
}

void show_steps(const Machine& machine, const plan::Plan& plan, Tense tense) {
    for (const plan::Step& step : plan.steps) {
        const Deed deed = deed_of(machine, step);
        if (tense == Tense::future) {
            machine.screen.show(fmt::format("{:>12} {}\n", deed.would, deed.what));
        } else {
            machine.screen.verb(deed.did, deed.what);
        }
    }
}

void show_document(const Machine& machine, const Repair& repair, const std::string& id) {
    base::json::object document{{"command", "repair"}, {"changed", !id.empty()}};
    document["plan"] = plan::to_json(repair.plan);
    document["not_mended"] = repair.not_mended;
    if (!id.empty()) {
        document["transaction"] = id;
    }
    machine.screen.show(document);
}

void note_the_rest(const Machine& machine, const Repair& repair) {
    if (repair.not_mended > 0) {
        machine.screen.note(fmt::format(
            "{} for you: `rehome doctor` says what to do",
            repair.not_mended == 1
                ? std::string("1 thing is left")
                : fmt::format("{} are left", base::counted(repair.not_mended, "thing"))));
    }
}

Exit dry_run(const Machine& machine, const Repair& repair) {
    const bool stopped = plan::stops(repair.plan.findings);
    if (machine.screen.is_json()) {
        show_document(machine, repair, "");
        return stopped ? Exit::conflicts : Exit::done;
    }
    show_steps(machine, repair.plan, Tense::future);
    machine.screen.findings(repair.plan.findings);
    if (stopped) {
        machine.screen.note("this cannot be mended as it is: mend the errors above first");
    } else if (repair.plan.changes_something()) {
        machine.screen.note("add --apply to do it");
    } else {
        machine.screen.note(repair.is_split ? "nothing to mend"
                                            : "nothing to mend: no home is migrated");
    }
    note_the_rest(machine, repair);
    machine.screen.note("nothing was changed (dry run)");
    return stopped ? Exit::conflicts : Exit::done;
}

Exit apply_repair(const Machine& machine, const Arguments& arguments, const Repair& repair) {
    if (!machine.screen.is_json()) {
        machine.screen.findings(repair.plan.findings);
    }
    const bool stopped = plan::stops(repair.plan.findings);
    if (stopped || !repair.plan.changes_something()) {
        if (machine.screen.is_json()) {
            show_document(machine, repair, "");
        } else {
            machine.screen.note(stopped ? "nothing was changed: mend the errors above first"
                                        : "nothing to mend");
            note_the_rest(machine, repair);
        }
        return stopped ? Exit::conflicts : Exit::done;
    }
    if (!arguments.has("yes")) {
        show_steps(machine, repair.plan, Tense::future);
        if (!machine.screen.confirm("Mend this?")) {
            machine.screen.note("nothing was changed");
            return Exit::failed;
        }
    }
    os::catch_interrupts();
    std::string id;
    {
        StatusLine status(machine.screen);
        id = apply::apply(context_of(machine, arguments, status), repair.plan, repair.ids);
    }
    if (machine.screen.is_json()) {
        show_document(machine, repair, id);
        return Exit::done;
    }
    show_steps(machine, repair.plan, Tense::past);
    for (const plan::Switch* step : repair.plan.switches()) {
        if (step->displaces) {
            const auto places = apply::open_places(machine.fs, *step, id, 0);
            const std::filesystem::path kept = step->target.parent_path() / places.displaced;
            machine.screen.verb(
                "Kept",
                fmt::format("what was there as {}", base::printable(short_path(machine, kept))));
        }
    }
    machine.screen.verb("Finished", fmt::format("transaction {}", id));
    machine.screen.note(fmt::format("{:>12} rehome rollback {}", "undo with:", id));
    note_the_rest(machine, repair);
    return Exit::done;
}

Exit repair(const Machine& machine, const Arguments& arguments) {
    if (arguments.has("apply") && arguments.has("dry-run")) {
        throw base::Error(base::Kind::usage, "--apply and --dry-run exclude each other");
    }
    const Repair found = make_repair(machine);
    return arguments.has("apply") ? apply_repair(machine, arguments, found)
                                  : dry_run(machine, found);
}

}  // namespace

Command repair_command() {
    return {grammar, repair};
}

}  // namespace rehome::cli
