#include "apply/former_target.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "cli/plan_file.hpp"
#include "cli/plan_screen.hpp"
#include "os/interrupt.hpp"
#include "os/terminal.hpp"
#include "plan/changes.hpp"
#include "plan/plan_json.hpp"
#include "plan/planner.hpp"
#include "rules/load.hpp"
#include "scan/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

const Grammar grammar{
    .name = "migrate",
    .about = "show the plan (the default), or apply it",
    .operands = "",
    .options = {{"dry-run", 'n', "", "show the plan and change nothing (the default)"},
                {"apply", '\0', "", "apply the plan as one transaction"},
                {"yes", 'y', "", "do not ask"},
                {"home", '\0', "HOME", "cargo or rustup alone"},
                {"profile", '\0', "NAME", "category (default), rfc, tiered, or one of your own"},
                {"rules", '\0', "DIR", "read your rule files from there too"},
                {"only", '\0', "LIST", "these categories and items alone, such as cache,cargo/bin"},
                {"exclude", '\0', "LIST", "all but these"},
                {"config-dir", '\0', "DIR", "instead of $XDG_CONFIG_HOME"},
                {"data-dir", '\0', "DIR", "instead of $XDG_DATA_HOME"},
                {"state-dir", '\0', "DIR", "instead of $XDG_STATE_HOME (rehome's own state stays)"},
                {"cache-dir", '\0', "DIR", "instead of $XDG_CACHE_HOME"},
                {"bin-dir", '\0', "DIR", "the directory for cargo/bin itself"},
                {"bin-links", '\0', "DIR", "a link to each program in DIR, say ~/.local/bin"},
                {"legacy-home",
                 '\0',
                 "HOW",
                 "keep (default), or link: the home itself goes to its data directory"},
                {"layout", '\0', "STYLE", "xdg, or native (on macOS: ~/Library)"},
                {"wait", '\0', "SECS", "how long to wait for locks and tools (default 10)"},
                {"allow-volatile", '\0', "", "allow targets on tmpfs or ramfs"},
                {"verify", '\0', "HOW", "of copies: full (default), disk, metadata or none"},
                {"keep-originals", '\0', "", "of what is copied, until `rehome forget`"},
                {"drop", '\0', "WHAT", "regenerable: do not copy what cargo unpacks again"},
                {"offline", '\0', "", "nothing else uses the homes (image builds): see the plan"},
                {"save-plan", '\0', "FILE", "write the plan to a file, too"},
                {"plan", '\0', "FILE", "with --apply: exactly this plan, or nothing"}}};

constexpr std::array planning_options{"home",
                                      "profile",
                                      "rules",
                                      "only",
                                      "exclude",
                                      "config-dir",
                                      "data-dir",
                                      "state-dir",
                                      "cache-dir",
                                      "bin-dir",
                                      "bin-links",
                                      "legacy-home",
                                      "layout",
                                      "allow-volatile",
                                      "verify",
                                      "keep-originals",
                                      "drop",
                                      "offline"};

void read_copying(const Arguments& arguments, plan::Request& request) {
    request.allow_volatile = arguments.has("allow-volatile");
    request.keep_originals = arguments.has("keep-originals");
    request.offline = arguments.has("offline");
    if (const auto what = arguments.value("drop")) {
        if (*what != "regenerable") {
            throw Error(
                Kind::usage,
                fmt::format("--drop {}: only regenerable can be dropped", base::in_quotes(*what)),
                "`rehome rules list` shows the items; leave one out with --exclude");
        }
        request.drop_regenerable = true;
    }
    if (const auto how = arguments.value("verify")) {
        const std::vector<std::string> words = plan::verify_names();
        const std::optional<plan::Verify> verify = plan::verify_named(*how);
        if (!verify) {
            throw Error(Kind::usage,
                        fmt::format("--verify {}: it is {}{}",
                                    base::in_quotes(*how),
                                    base::listed(words),
                                    base::did_you_mean(*how, words)));
        }
        request.verify = *verify;
    }
}

plan::Request request_of(const Machine& machine, const Arguments& arguments) {
    plan::Request request;
    request.profile = arguments.value("profile").value_or("");
    read_copying(arguments, request);
    if (const auto home = arguments.value("home")) {
        const auto name = rust::home_named(*home);
        if (!name) {
            throw Error(Kind::usage,
                        fmt::format("--home {}: it is cargo or rustup", base::in_quotes(*home)));
        }
        request.homes.insert(*name);
    }
    if (const auto directory = arguments.value("rules")) {
        request.rules = std::filesystem::absolute(*directory);
    }
    for (const rules::Category category : rules::placed_categories) {
        if (category != rules::Category::bin) {
            const std::string flag = fmt::format("{}-dir", rules::name_of(category));
            if (const auto directory = arguments.value(flag)) {
                request.wishes.bases[category] = *directory;
            }
        }
    }
    request.wishes.bin = arguments.value("bin-dir");
    if (const auto directory = arguments.value("bin-links")) {
        const std::filesystem::path path = std::filesystem::absolute(*directory).lexically_normal();
        request.program_links = path.has_filename() ? path : path.parent_path();
    }
    if (const auto how = arguments.value("legacy-home")) {
        request.legacy_home = plan::legacy_home_named(*how);
        if (!request.legacy_home) {
            throw Error(Kind::usage,
                        fmt::format("--legacy-home {}: it is keep or link", base::in_quotes(*how)));
        }
    }
    if (const auto style = arguments.value("layout")) {
        if (*style != "xdg" && *style != "native") {
            throw Error(Kind::usage,
                        fmt::format("--layout {}: it is xdg or native", base::in_quotes(*style)));
        }
        request.wishes.style = *style == "xdg" ? layout::Style::xdg : layout::Style::native;
    }
    const rules::RuleSet rules =
        rules::load_rules(machine.fs, bare_layout(machine).rules.path, request.rules);
    if (const auto list = arguments.value("only")) {
        request.selection.only = plan::parse_selection("--only", *list, rules);
    }
    if (const auto list = arguments.value("exclude")) {
        request.selection.exclude = plan::parse_selection("--exclude", *list, rules);
    }
    return request;
}

void check_options(const Arguments& arguments) {
    if (arguments.has("apply") && arguments.has("dry-run")) {
        throw Error(Kind::usage, "--apply and --dry-run exclude each other");
    }
    if (!arguments.has("plan")) {
        return;
    }
    if (!arguments.has("apply")) {
        throw Error(Kind::usage, "--plan goes with --apply", "add --apply to apply that plan");
    }
    for (const char* option : planning_options) {
        if (arguments.has(option)) {
            throw Error(Kind::usage,
                        fmt::format("--plan and --{} exclude each other: the plan file says all "
                                    "that there is to plan",
                                    option));
        }
    }
}

struct Planned {
    plan::Plan plan;
    std::vector<std::string> ids;
    bool has_home = false;
    std::string homes;  // for the message that there is none
};

Planned make_plan(const Machine& machine, const plan::Request& request, scan::Sizes sizes) {
    const rules::RuleSet rules =
        rules::load_rules(machine.fs, bare_layout(machine).rules.path, request.rules);
    const std::vector<journal::Journal> journals = read_journals(machine);
    const plan::Inventory inventory = scan::scan(machine.fs,
                                                 {.environment = machine.environment,
                                                  .rules = rules,
                                                  .journals = journals,
                                                  .request = request,
                                                  .sizes = sizes});
    Planned planned{.plan = plan::make_plan(inventory, request),
                    .ids = ids_of(journals),
                    .has_home = false,
                    .homes = ""};
    for (const plan::Home& home : inventory.homes) {
        planned.has_home = planned.has_home || home.exists;
        planned.homes +=
            (planned.homes.empty() ? "" : " nor ") + base::in_quotes(home.path.native());
    }
    return planned;
}

base::json::object document_of(const plan::Plan& plan, bool changed) {
    base::json::object document{{"command", "migrate"}, {"changed", changed}};
    document["plan"] = plan::to_json(plan);
    return document;
}

// "move 18 items, and link 14 programs in ~/.local/bin".
std::string intent(const Machine& machine, const plan::Plan& plan) {
    std::string links = program_links(machine, plan);
    if (plan.switches().empty()) {
        return links;
    }
    return fmt::format("move {}{}{}", totals(plan), links.empty() ? "" : ", and ", links);
}

std::string as_question(std::string text) {
    text.front() = static_cast<char>(std::toupper(text.front()));
    return text + "?";
}

Exit dry_run(const Machine& machine, const plan::Plan& plan) {
    const bool stopped = plan::stops(plan.findings);
    if (machine.screen.is_json()) {
        machine.screen.show(document_of(plan, false));
        return stopped ? Exit::conflicts : Exit::done;
    }
    const bool terminal = os::is_terminal(os::Stream::out);
    const std::size_t width =
        terminal ? static_cast<std::size_t>(os::terminal_width().value_or(0)) : 0;
    machine.screen.show(plan_text(machine, plan, width));
    machine.screen.findings(plan.findings);
    if (stopped) {
        machine.screen.note("this plan cannot be applied: mend the errors above first");
    } else if (plan.changes_something()) {
        machine.screen.note(fmt::format("would {}; add --apply to do it", intent(machine, plan)));
    } else {
        machine.screen.note("nothing to do");
    }
    machine.screen.note("nothing was changed (dry run)");
    return stopped ? Exit::conflicts : Exit::done;
}

Exit nothing_to_do(const Machine& machine, const plan::Plan& plan, const std::string& text) {
    if (machine.screen.is_json()) {
        machine.screen.show(document_of(plan, false));
    } else {
        machine.screen.note(text);
    }
    return Exit::done;
}

void report(const Machine& machine, const plan::Plan& plan, const std::string& id) {
    if (machine.screen.is_json()) {
        base::json::object document = document_of(plan, true);
        document["transaction"] = id;
        machine.screen.show(document);
        return;
    }
    for (const plan::Switch* step : plan.switches()) {
        machine.screen.verb("Moved",
                            fmt::format("{} -> {}",
                                        plan::is_home_item(step->item)
                                            ? short_path(machine, step->path)
                                            : base::printable(step->item),
                                        short_path(machine, step->target)));
    }
    for (const plan::Step& step : plan.steps) {
        if (const auto* link = std::get_if<plan::MakeLink>(&step)) {
            machine.screen.verb("Linked",
                                fmt::format("{} -> {}",
                                            short_path(machine, link->path),
                                            short_path(machine, link->target)));
        }
    }
    machine.screen.verb(
        "Finished",
        plan.switches().empty()
            ? fmt::format("transaction {}: {}", id, program_links(machine, plan))
            : fmt::format("transaction {}: {}, {}; a link {} each old path",
                          id,
                          base::counted(plan.switches().size(), "item"),
                          ways(plan),
                          plan.has_items_that_move_on() ? "leads there from" : "is at"));
    machine.screen.note(fmt::format("{:>12} rehome rollback {}\n{:>12} rehome print-env SHELL "
                                    "prints the lines for your shell's start-up file",
                                    "undo with:",
                                    id,
                                    "next:"));
}

Exit apply_plan(const Machine& machine, const Arguments& arguments, const Planned& planned) {
    const plan::Plan& plan = planned.plan;
    if (!machine.screen.is_json()) {
        machine.screen.findings(plan.findings);
    }
    if (plan::stops(plan.findings)) {
        if (machine.screen.is_json()) {
            machine.screen.show(document_of(plan, false));
        }
        machine.screen.note("nothing was changed: mend the errors above first");
        return Exit::conflicts;
    }
    if (!plan.changes_something()) {
        return nothing_to_do(machine, plan, "nothing to do");
    }
    if (!arguments.has("yes") && !machine.screen.confirm(as_question(intent(machine, plan)))) {
        machine.screen.note("nothing was changed");
        return Exit::failed;
    }
    os::catch_interrupts();
    std::string id;
    {
        StatusLine status(machine.screen);
        id = apply::apply(context_of(machine, arguments, status), plan, planned.ids);
    }
    report(machine, plan, id);
    return Exit::done;
}

Exit migrate(const Machine& machine, const Arguments& arguments) {
    check_options(arguments);
    const std::optional<std::string> plan_file = arguments.value("plan");
    std::optional<plan::Plan> saved;
    if (plan_file) {
        saved = read_plan(machine, *plan_file);
    }
    const plan::Request request = saved ? saved->request : request_of(machine, arguments);
    const bool asks = arguments.has("apply") && !arguments.has("yes");
    const scan::Sizes sizes =
        !arguments.has("apply") || asks ? scan::Sizes::measured : scan::Sizes::left_out;
    Planned planned = make_plan(machine, request, sizes);
    if (saved) {
        const std::vector<std::string> changes = plan::changes(*saved, planned.plan);
        if (!changes.empty()) {
            Error error(Kind::refused,
                        fmt::format("the homes are not as the plan file {} says; nothing was "
                                    "changed",
                                    base::in_quotes(*plan_file)),
                        "make and read a new plan: rehome migrate --save-plan FILE");
            for (const std::string& change : changes) {
                error.add_context(change);
            }
            throw error;
        }
    }
    if (const auto file = arguments.value("save-plan")) {
        save_plan(machine, planned.plan, *file);
    }
    if (!planned.has_home) {
        return nothing_to_do(machine,
                             planned.plan,
                             fmt::format("nothing to migrate: neither {} exists", planned.homes));
    }
    return arguments.has("apply") ? apply_plan(machine, arguments, planned)
                                  : dry_run(machine, planned.plan);
}

}  // namespace

Command migrate_command() {
    return {grammar, migrate};
}

}  // namespace rehome::cli
