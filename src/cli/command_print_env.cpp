#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "cli/snippet.hpp"
#include "shell/form.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

std::string list_of_forms() {
    std::string text = "Forms:\n";
    for (const shell::Form& form : shell::forms()) {
        text += fmt::format("  {:<23} {}\n", form.name, form.about);
    }
    return text;
}

const Grammar& grammar() {
    static const Grammar grammar{.name = "print-env",
                                 .about = "print the lines for a shell, or for another program",
                                 .operands = "FORM",
                                 .operands_min = 1,
                                 .operands_max = 1,
                                 .options = {},
                                 .details = list_of_forms()};
    return grammar;
}

const shell::Form& parse_form(const std::string& name) {
    const auto found = std::ranges::find(shell::forms(), name, &shell::Form::name);
    if (found == shell::forms().end()) {
        std::vector<std::string> names;
        for (const shell::Form& form : shell::forms()) {
            names.push_back(form.name);
        }
        throw Error(Kind::usage,
                    fmt::format("there is no form {}{}",
                                base::in_quotes(name),
                                base::did_you_mean(name, names)),
                    fmt::format("the forms are {}", base::listed(names)));
    }
    return *found;
}

Exit print_env(const Machine& machine, const Arguments& arguments) {
    const shell::Form& form = parse_form(arguments.operands().front());
    const shell::Snippet snippet = make_snippet(machine, form.use);
    machine.screen.show(form.write(snippet));
    if (!form.advice.empty()) {
        for (const std::string& note : snippet.notes) {
            machine.screen.note(note);
        }
        machine.screen.note(form.advice);
    }
    return Exit::done;
}

}  // namespace

Command print_env_command() {
    return {grammar(), print_env};
}

}  // namespace rehome::cli
