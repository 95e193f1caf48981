// direnv lets bash read .envrc.

#include "shell/form.hpp"

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"text(# Made by `rehome print-env direnv`. To load it in a project, put this line into its
# .envrc, and run `direnv allow`:
#     eval "$(rehome print-env direnv)"
)text";

std::string write(const Snippet& snippet) {
    const std::string code = lines(Shell::bash, snippet);
    return std::string(header) + note_lines("#", snippet.notes) + (code.empty() ? "" : "\n") + code;
}

}  // namespace

Form direnv_form() {
    return {
        .name = "direnv", .about = "the .envrc of a project", .use = Use::start_up, .write = write};
}

}  // namespace rehome::shell
