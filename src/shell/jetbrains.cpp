// A list of variables that the dialogs of JetBrains IDEs take.

#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::shell {

namespace {

// A comment must not hold an equals sign, or it would be a variable.
constexpr std::string_view header =
    R"(# Made by `rehome print-env jetbrains`. These IDEs read no file for all of their programs:
# they have the environment they were started with, so the lines for your shell or session do
# most. For a run configuration copy this list, open the dialog of its field "Environment
# variables" and press its paste button. Cargo and rustc are chosen in the settings, so PATH is
# left out.
)";

std::string notes_of(const Snippet& snippet) {
    std::string text = note_lines("#", snippet.notes);
    std::ranges::replace(text, '=', ' ');
    return text;
}

std::string write(const Snippet& snippet) {
    // What stands for itself in all versions, whose rules for quotes differ.
    const Limits limits{
        .form = "jetbrains", .forbidden = {"\"", "'", "\\", ";", "=", "$"}, .trims = true};
    std::string text = std::string(header) + notes_of(snippet);
    text += snippet.variables.empty() ? "" : "\n";
    for (const Variable& variable : snippet.variables) {
        text +=
            fmt::format("{}={}\n", variable.name, within(limits, variable.name, variable.value));
    }
    return text;
}

}  // namespace

Form jetbrains_form() {
    return {.name = "jetbrains",
            .about = "RustRover and its kin: the variables of a run configuration",
            .write = write};
}

}  // namespace rehome::shell
