// Steps of a GitHub workflow: one tells the later steps of the variables, one keeps the caches.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env github-actions`. Put these steps in front of those that run
# cargo, at their indentation. The paths are those of the machine where this was printed: for
# GitHub's own runners print it in a job.
)";

// Within single quotes of a shell. ${{ would be taken for an expression before the shell sees it.
constexpr auto shell_escapes = std::to_array<Escape>({{"'", "'\\''"}, {"${{", "$''{{"}});

constexpr auto pattern_escapes = std::to_array<Escape>(
    {{"*", "[*]"}, {"?", "[?]"}, {"[", "[[]"}, {"\\", "\\\\"}, {"${{", "$[{]{"}});

constexpr std::string_view variables_step = R"(
- name: Directories of cargo and rustup
  shell: bash
  run: |
)";

constexpr std::string_view cache_step = R"(
- name: Caches of cargo and rustup
  uses: actions/cache@v4
  with:
    key: rust-${{ runner.os }}-${{ hashFiles('**/Cargo.lock') }}
    restore-keys: rust-${{ runner.os }}-
    path: |
)";

std::string line_into(std::string_view file, const std::string& text) {
    return fmt::format("    printf '%s\\n' '{}' >> \"${}\"\n", escaped(text, shell_escapes), file);
}

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "github-actions"};
    const Limits cache_limits{.form = limits.form, .trims = true};
    std::string text = std::string(header) + note_lines("#", snippet.notes);
    text += snippet.variables.empty() && snippet.path.empty() ? "" : variables_step;
    for (const Variable& variable : snippet.variables) {
        const std::string& value = within(limits, variable.name, variable.value);
        text += line_into("GITHUB_ENV", fmt::format("{}={}", variable.name, value));
    }
    // What is added last comes first.
    for (auto entry = snippet.path.rbegin(); entry != snippet.path.rend(); ++entry) {
        text += line_into("GITHUB_PATH", within(limits, "PATH", *entry));
    }
    text += snippet.caches.empty() ? "" : cache_step;
    for (const std::string& cache : snippet.caches) {
        const std::string& path = within(cache_limits, "a cache", cache);
        text += fmt::format("      {}\n", escaped(path, pattern_escapes));
    }
    return text;
}

}  // namespace

Form github_actions_form() {
    return {.name = "github-actions",
            .about = "steps of a workflow: variables, PATH and actions/cache",
            .write = write};
}

}  // namespace rehome::shell
