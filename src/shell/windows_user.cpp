// PowerShell lines that change the user's environment in the registry.

#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env windows-user`. It sets your user environment, which every program
# has that is started afterwards. Run it once in PowerShell, and again when `rehome migrate` or
# `rehome rollback` has changed something:
#     Invoke-Expression (rehome print-env windows-user | Out-String)
)";

// In the registry, for [Environment] would expand the %VARIABLES% of the other entries for good.
constexpr std::string_view path_lines =
    R"($rehome_key = Get-Item "HKCU:\Environment"
$rehome_path = $rehome_key.GetValue("PATH", "", "DoNotExpandEnvironmentNames")
if (($rehome_path -split ";") -notcontains "{0}") {{
    $rehome_path = @("{0}"; if ($rehome_path) {{ $rehome_path }}) -join ";"
    Set-ItemProperty "HKCU:\Environment" "PATH" $rehome_path -Type ExpandString
}}
)";

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "windows-user", .control = Control::allowed};
    const Limits path_limits{
        .form = limits.form, .forbidden = {"%", ";"}, .control = Control::allowed};
    const auto quoted =
        [&](const Limits& within_limits, std::string_view what, const std::string& text) {
            return *between_quotes(
                dialect_of(Shell::powershell), within(within_limits, what, text), snippet.home);
        };
    std::string text = std::string(header) + note_lines("#", snippet.notes);
    text += snippet.variables.empty() && snippet.path.empty() ? "" : "\n";
    // First, because only setting a variable tells running programs that something has changed.
    for (auto entry = snippet.path.rbegin(); entry != snippet.path.rend(); ++entry) {
        text += fmt::format(path_lines, quoted(path_limits, "PATH", *entry));
    }
    for (const Variable& variable : snippet.variables) {
        text += fmt::format("[Environment]::SetEnvironmentVariable(\"{}\", \"{}\", \"User\")\n",
                            variable.name,
                            quoted(limits, variable.name, variable.value));
    }
    return text;
}

}  // namespace

Form windows_user_form() {
    return {.name = "windows-user",
            .about = "Windows: the user environment, set by PowerShell",
            .write = write};
}

}  // namespace rehome::shell
