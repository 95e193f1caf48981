#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "plan/place_checks.hpp"
#include "rules/load.hpp"

#include <fmt/format.h>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;
using rules::Rule;

const Grammar grammar{
    .name = "rules",
    .about = "list the rules, explain one, or check a rule file",
    .operands = "list | explain PATH | check FILE",
    .operands_min = 1,
    .operands_max = 2,
    .options = {{"profile", '\0', "NAME", "category (default), rfc, tiered, or one of your own"},
                {"rules", '\0', "DIR", "read your rule files from there too"}}};

rules::RuleSet load(const Machine& machine, const Arguments& arguments) {
    std::optional<std::filesystem::path> extra;
    if (const auto directory = arguments.value("rules")) {
        extra = *directory;
    }
    return rules::load_rules(machine.fs, bare_layout(machine).rules.path, extra);
}

std::string kind_name(const Rule& rule) {
    return rule.kind == rules::ItemKind::directory ? "directory" : "file";
}

base::json::object to_json(const Rule& rule, rules::Category category) {
    base::json::object json{{"item", rule.item},
                            {"kind", kind_name(rule)},
                            {"category", rules::name_of(category)},
                            {"about", rule.about},
                            {"why", rule.why},
                            {"when_deleted", rule.when_deleted},
                            {"regenerable", rule.regenerable},
                            {"programs", rule.programs},
                            {"file", rule.source.file},
                            {"line", rule.source.line}};
    for (const auto& [name, value] : {std::pair("platform", rule.platform),
                                      std::pair("since", rule.since),
                                      std::pair("until", rule.until),
                                      std::pair("same_filesystem_as", rule.same_filesystem_as),
                                      std::pair("recreated_from", rule.recreated_from)}) {
        if (value) {
            json[name] = *value;
        }
    }
    if (rule.mode) {
        json["mode"] = fmt::format("{:04o}", *rule.mode);
    }
    return json;
}

Exit list(const Machine& machine, const rules::RuleSet& rules, const rules::Profile& profile) {
    base::json::array items;
    std::size_t width = 0;
    for (const auto& [item, rule] : rules.rules) {
        width = std::max(width, item.size());
    }
    for (const auto& [item, rule] : rules.rules) {
        const rules::Category category = rules.category(rule, profile);
        if (machine.screen.is_json()) {
            items.push_back(to_json(rule, category));
            continue;
        }
        const Paint paint = category == rules::Category::keep ? Paint::dim : Paint::green;
        machine.screen.show(fmt::format(
            "{:<{}}  {}  {}\n",
            item,
            width,
            machine.screen.painted(paint, fmt::format("{:<6}", rules::name_of(category))),
            rule.about));
    }
    if (machine.screen.is_json()) {
        machine.screen.show(base::json::object{
            {"command", "rules"}, {"profile", profile.name}, {"items", std::move(items)}});
    }
    return Exit::done;
}

// "cargo/registry/src/x" of itself, of ~/.cargo/registry/src/x, or of a path below the directory.
std::string item_of(const Machine& machine, const std::string& word) {
    const std::string home = word.substr(0, word.find('/'));
    if (rust::home_named(home)) {
        return word;
    }
    const layout::Layout layout = bare_layout(machine);
    const std::filesystem::path path =
        (machine.environment.working_directory / word).lexically_normal();
    for (const auto& [name, directory] : layout.homes) {
        if (plan::lies_in(path, directory.path) && path != directory.path) {
            return std::string(rust::name_of(name)) + "/" +
                   path.lexically_relative(directory.path).string();
        }
    }
    throw Error(Kind::usage,
                fmt::format("{} is neither an item nor a path in a home", base::in_quotes(word)),
                fmt::format("items are written cargo/NAME and rustup/NAME; the homes are {} and {}",
                            layout.homes.at(rust::HomeName::cargo).path,
                            layout.homes.at(rust::HomeName::rustup).path));
}

void show_rule(const Machine& machine, const rules::RuleSet& rules, const rules::Profile& profile,
               const Rule& rule) {
    const rules::Category category = rules.category(rule, profile);
    const auto line = [&](std::string_view name, const std::string& text) {
        if (!text.empty()) {
            machine.screen.show(fmt::format("  {:<13} {}\n", name, text));
        }
    };
    machine.screen.show(machine.screen.painted(Paint::bold, rule.item) +
                        fmt::format("  {}, {}\n", kind_name(rule), rule.about));
    const bool by_profile = profile.items.contains(rule.item);
    line("category",
         fmt::format("{}{}",
                     rules::name_of(category),
                     by_profile ? fmt::format(" (by profile {}: {})", profile.name, profile.about)
                                : ""));
    line("why", rule.why);
    line("when deleted", rule.when_deleted);
    line("regenerable", rule.regenerable ? "yes" : "no");
    line("mode", rule.mode ? fmt::format("{:04o}", *rule.mode) : "");
    line("together with", rule.same_filesystem_as.value_or(""));
    line("made from", rule.recreated_from.value_or(""));
    line("only on", rule.platform.value_or(""));
    line("since", rule.since.value_or(""));
    line("until", rule.until.value_or(""));
    line("decided by", fmt::format("{}:{}", base::printable(rule.source.file), rule.source.line));
}

Exit explain(const Machine& machine, const rules::RuleSet& rules, const rules::Profile& profile,
             const std::string& word) {
    const std::string item = item_of(machine, word);
    const Rule* rule = nullptr;
    for (std::string at = item; rule == nullptr && !at.empty(); at = rules::outer_item(at)) {
        rule = rules.find(at);
    }
    if (rule == nullptr) {
        std::vector<std::string> known;
        for (const auto& [name, one] : rules.rules) {
            known.push_back(name);
        }
        if (machine.screen.is_json()) {
            machine.screen.show(base::json::object{
                {"command", "rules"}, {"item", base::bytes_to_json(item)}, {"rule", nullptr}});
        } else {
            machine.screen.show(fmt::format("{}: no rule names it, so it is left in place{}\n",
                                            base::printable(item),
                                            base::did_you_mean(item, known)));
        }
        return Exit::done;
    }
    if (machine.screen.is_json()) {
        machine.screen.show(
            base::json::object{{"command", "rules"},
                               {"item", base::bytes_to_json(item)},
                               {"rule", to_json(*rule, rules.category(*rule, profile))}});
        return Exit::done;
    }
    if (rule->item != item) {
        machine.screen.show(fmt::format("{} goes with {}\n", base::printable(item), rule->item));
    }
    show_rule(machine, rules, profile, *rule);
    return Exit::done;
}

Exit check(const Machine& machine, const std::string& file) {
    const std::optional<std::string> text = machine.fs.read(file);
    if (!text) {
        throw Error(Kind::usage,
                    fmt::format("rules check {}: there is no such file", base::in_quotes(file)));
    }
    const rules::RuleSet before = rules::parse_rules(rules::embedded_files(), {});
    const rules::RuleSet after = rules::parse_rules(rules::embedded_files(), {{file, *text}});
    machine.screen.show(
        fmt::format("{}: no mistakes; it adds {} and {}\n",
                    base::printable(file),
                    base::counted(after.rules.size() - before.rules.size(), "item"),
                    base::counted(after.profiles.size() - before.profiles.size(), "profile")));
    return Exit::done;
}

Exit rules_command_run(const Machine& machine, const Arguments& arguments) {
    const std::string& verb = arguments.operands().front();
    const bool takes_operand = verb == "explain" || verb == "check";
    if (verb != "list" && !takes_operand) {
        throw Error(Kind::usage,
                    fmt::format("rehome rules has no {}{}",
                                base::in_quotes(verb),
                                base::did_you_mean(verb, {"list", "explain", "check"})),
                    "it is list, explain PATH or check FILE");
    }
    if (arguments.operands().size() != (takes_operand ? 2U : 1U)) {
        throw Error(Kind::usage,
                    fmt::format("rehome rules {} takes {}",
                                verb,
                                takes_operand ? "one path" : "nothing more"));
    }
    if (verb == "check") {
        return check(machine, arguments.operands()[1]);
    }
    const rules::RuleSet rules = load(machine, arguments);
    const rules::Profile& profile =
        rules.profile(arguments.value("profile").value_or(std::string(rules::default_profile)));
    return verb == "list" ? list(machine, rules, profile)
                          : explain(machine, rules, profile, arguments.operands()[1]);
}

}  // namespace

Command rules_command() {
    return {grammar, rules_command_run};
}

}  // namespace rehome::cli
