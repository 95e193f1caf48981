// ENV lines of a Dockerfile.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env dockerfile`. Put these lines below the FROM of a stage that
# has the homes at the same paths, as after `RUN rehome migrate --apply --yes --offline`.
)";

constexpr auto escapes = std::to_array<Escape>({{"\\", "\\\\"}, {"\"", "\\\""}, {"$", "\\$"}});

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "dockerfile"};
    std::string text = std::string(header) + note_lines("#", snippet.notes);
    text += snippet.variables.empty() && snippet.path.empty() ? "" : "\n";
    for (const Variable& variable : snippet.variables) {
        const std::string& value = within(limits, variable.name, variable.value);
        text += fmt::format("ENV {}=\"{}\"\n", variable.name, escaped(value, escapes));
    }
    if (const std::string path = path_within(limits, snippet); !path.empty()) {
        text += fmt::format("ENV PATH=\"{}:$PATH\"\n", escaped(path, escapes));
    }
    return text;
}

}  // namespace

Form dockerfile_form() {
    return {.name = "dockerfile", .about = "ENV lines of a Dockerfile", .write = write};
}

}  // namespace rehome::shell
