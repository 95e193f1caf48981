// Members of VS Code's settings.json, which may hold comments.

#include "base/json.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

namespace rehome::shell {

namespace {

namespace json = base::json;

// rust-analyzer cannot put something in front of PATH: a variable that names itself stays as it is.
constexpr std::string_view header =
    R"text(// Made by `rehome print-env vscode`. Put these members into settings.json ("Preferences:
// Open User Settings (JSON)" in the command palette), and start VS Code again. PATH is only for
// its terminals: rust-analyzer has the one that VS Code was started with.
)text";

std::string_view terminal_of(os::Platform platform) {
    switch (platform) {
        case os::Platform::windows: return "terminal.integrated.env.windows";
        case os::Platform::macos: return "terminal.integrated.env.osx";
        case os::Platform::linux: break;
    }
    return "terminal.integrated.env.linux";
}

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "vscode", .forbidden = {"${"}, .control = Control::allowed};
    const char separator = snippet.platform == os::Platform::windows ? ';' : ':';
    json::object variables;
    for (const Variable& variable : snippet.variables) {
        variables[variable.name] = within(limits, variable.name, variable.value);
    }
    json::object terminal = variables;
    if (const std::string path = path_within(limits, snippet, separator); !path.empty()) {
        terminal["PATH"] = path + separator + "${env:PATH}";
    }
    return std::string(header) + note_lines("//", snippet.notes) +
           base::pretty_json(json::object{{terminal_of(snippet.platform), terminal},
                                          {"rust-analyzer.cargo.extraEnv", variables},
                                          {"rust-analyzer.server.extraEnv", variables}});
}

}  // namespace

Form vscode_form() {
    return {.name = "vscode",
            .about = "VS Code's settings.json: its terminals and rust-analyzer",
            .write = write};
}

}  // namespace rehome::shell
