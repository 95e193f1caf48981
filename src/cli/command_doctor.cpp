#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "care/checks.hpp"
#include "cli/commands.hpp"
#include "cli/paragraph.hpp"
#include "os/terminal.hpp"
#include "plan/plan_json.hpp"

#include <fmt/format.h>

namespace rehome::cli {

namespace {

const Grammar grammar{.name = "doctor",
                      .about = "what is wrong with the homes, and what mends it",
                      .operands = "",
                      .options = {},
                      .details =
                          "Changes nothing. Ends with 6 where it finds something, else with 0.\n"};

std::string text_of(const Machine& machine, const plan::Finding& finding) {
    const bool stop = finding.severity == plan::Severity::stop;
    const std::string head = fmt::format("{} [{}]", stop ? "error" : "warning", finding.code);
    std::string text =
        machine.screen.painted(stop ? Paint::red : Paint::yellow, head) + "\n" +
        paragraph(base::printable(finding.text), 2, os::terminal_width().value_or(0));
    if (!finding.help.empty()) {
        // In one piece, so that it can be copied.
        text += fmt::format("  {} {}\n",
                            machine.screen.painted(Paint::cyan, "help:"),
                            base::printable(finding.help));
    }
    return text + "\n";
}

Exit doctor(const Machine& machine, const Arguments&) {
    const care::Survey survey = care::look_around(machine.fs, {.environment = machine.environment});
    const std::vector<plan::Finding> findings = care::diagnose(survey);
    if (machine.screen.is_json()) {
        base::json::array list;
        for (const plan::Finding& finding : findings) {
            list.push_back(plan::to_json(finding));
        }
        machine.screen.show(base::json::object{
            {"command", "doctor"}, {"changed", false}, {"findings", std::move(list)}});
    } else {
        for (const plan::Finding& finding : findings) {
            machine.screen.show(text_of(machine, finding));
        }
        machine.screen.note(findings.empty() ? "nothing is wrong"
                                             : base::counted(findings.size(), "finding"));
    }
    return findings.empty() ? Exit::done : Exit::drift;
}

}  // namespace

Command doctor_command() {
    return {grammar, doctor};
}

}  // namespace rehome::cli
