// environment.d(5): lines of systemd's user manager, for what no shell starts.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env environment.d`. Graphical sessions and user services have it
# after the next login:
#     mkdir -p ~/.config/environment.d
#     rehome print-env environment.d > ~/.config/environment.d/60-rehome.conf
)";

// Quotes are taken off first, then variables expand.
constexpr auto escapes =
    std::to_array<Escape>({{"\\", "\\\\"}, {"\"", "\\\""}, {"`", "\\`"}, {"$", "$$"}});

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "environment.d"};
    std::string text = std::string(header) + note_lines("#", snippet.notes);
    text += snippet.variables.empty() && snippet.path.empty() ? "" : "\n";
    for (const Variable& variable : snippet.variables) {
        const std::string& value = within(limits, variable.name, variable.value);
        text += fmt::format("{}=\"{}\"\n", variable.name, escaped(value, escapes));
    }
    if (const std::string path = path_within(limits, snippet); !path.empty()) {
        text += fmt::format("PATH=\"{}${{PATH:+:$PATH}}\"\n", escaped(path, escapes));
    }
    return text;
}

}  // namespace

Form environment_d_form() {
    return {.name = "environment.d",
            .about = "systemd's user manager: graphical sessions and user services",
            .write = write};
}

}  // namespace rehome::shell
