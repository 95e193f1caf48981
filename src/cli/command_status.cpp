#include "base/quantity.hpp"
#include "base/word.hpp"
#include "care/checks.hpp"
#include "cli/commands.hpp"
#include "cli/status_screen.hpp"
#include "plan/plan_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rehome::cli {

namespace {

const Grammar grammar{
    .name = "status",
    .about = "what was moved, where it is now, and what has changed since",
    .operands = "",
    .options = {{"sizes", '\0', "", "how big each item is: walks all of them"}},
    .details = "Changes nothing. Ends with 6 where something is not as rehome left it.\n"};

// In the way of all else; the rest is for `doctor`.
bool is_urgent(const plan::Finding& finding) {
    return finding.code == "unreadable" || finding.code == "unfinished" ||
           finding.code == "unsettled" || finding.code == "no_journal" ||
           finding.code == "lost_journal" || finding.code == "home_unusable";
}

struct Drift {
    std::size_t items = 0;
    std::size_t fresh = 0;
    bool is_split = false;
    bool could_move = false;
    std::set<std::string> transactions = {};
};

Drift drift_of(const care::Survey& survey) {
    Drift drift;
    for (const care::CaredHome& home : survey.homes) {
        drift.is_split |= !home.items.empty();
        if (home.in_force) {
            drift.transactions.insert(home.in_force->id);
        }
        for (const care::CaredItem& item : home.items) {
            drift.items += !home.unfinished && care::is_drift(item.standing) ? 1 : 0;
        }
        for (const care::NewItem& item : home.fresh) {
            drift.could_move |= !home.in_force;
            drift.fresh += home.in_force && !item.was_left_out ? 1 : 0;
        }
    }
    return drift;
}

std::string verdict(const Drift& drift, bool any_urgent) {
    std::string text;
    if (drift.items > 0) {
        text = drift.items == 1 ? "1 item is not where rehome left it"
                                : fmt::format("{} are not where rehome left them",
                                              base::counted(drift.items, "item"));
    }
    if (drift.fresh > 0) {
        text += fmt::format("{}{} {} new",
                            text.empty() ? "" : ", ",
                            text.empty() ? base::counted(drift.fresh, "item")
                                         : std::to_string(drift.fresh),
                            drift.fresh == 1 ? "is" : "are");
    }
    if (!text.empty()) {
        return text + ": `rehome doctor` says what to do";
    }
    if (any_urgent) {
        return "";
    }
    if (!drift.is_split) {
        return drift.could_move ? "nothing is split yet: `rehome migrate` shows what would move"
                                : "there is nothing to move";
    }
    const std::vector<std::string> ids(drift.transactions.begin(), drift.transactions.end());
    return fmt::format(
        "everything is as transaction{} {} left it", ids.size() == 1 ? "" : "s", base::listed(ids));
}

Exit status(const Machine& machine, const Arguments& arguments) {
    const care::Survey survey = care::look_around(
        machine.fs,
        {.environment = machine.environment,
         .sizes = arguments.has("sizes") ? scan::Sizes::measured : scan::Sizes::left_out});
    std::vector<plan::Finding> urgent = care::check_homes(survey);
    std::erase_if(urgent, [](const plan::Finding& finding) { return !is_urgent(finding); });
    const Drift drift = drift_of(survey);
    const bool drifted = drift.items + drift.fresh > 0 || !urgent.empty();
    if (machine.screen.is_json()) {
        base::json::object document{
            {"command", "status"}, {"changed", false}, {"drifted", drifted}};
        for (auto& [key, value] : status_json(survey)) {
            document[key] = std::move(value);
        }
        base::json::array findings;
        for (const plan::Finding& finding : urgent) {
            findings.push_back(plan::to_json(finding));
        }
        document["findings"] = std::move(findings);
        machine.screen.show(document);
    } else {
        machine.screen.show(status_text(machine, survey));
        if (!urgent.empty() || !survey.layout.warnings.empty()) {
            machine.screen.note("");
        }
        for (const std::string& warning : survey.layout.warnings) {
            machine.screen.finding({plan::Severity::warn, "ignored_variable", "", warning, ""});
        }
        for (const plan::Finding& finding : urgent) {
            machine.screen.finding(finding);
        }
        if (const std::string text = verdict(drift, !urgent.empty()); !text.empty()) {
            machine.screen.note("\n" + text);
        }
    }
    return drifted ? Exit::drift : Exit::done;
}

}  // namespace

Command status_command() {
    return {grammar, status};
}

}  // namespace rehome::cli
