#include "shell/rc_lines.hpp"

#include "shell/dialect.hpp"

#include <fmt/format.h>

namespace rehome::shell {

namespace {

constexpr std::string_view fish_lines = "if type -q rehome\n"
                                        "    rehome print-env fish | source\n"
                                        "end\n";

constexpr std::string_view powershell_lines =
    "if (Get-Command rehome -CommandType Application -ErrorAction Ignore) {\n"
    "    Invoke-Expression (rehome print-env powershell | Out-String)\n"
    "}\n";

// The lines of a here-document stand at the margin.
constexpr std::string_view tcsh_lines = "which rehome >& /dev/null\n"
                                        "if ( $status == 0 ) then\n"
                                        "source /dev/stdin << END\n"
                                        "`rehome print-env tcsh`\n"
                                        "END\n"
                                        "endif\n";

constexpr std::string_view xonsh_lines =
    "try:\n"
    "    execx(__import__(\"subprocess\").check_output([\"rehome\", \"print-env\", \"xonsh\"], "
    "text=True, env=${...}.detype()))\n"
    "except OSError:\n"
    "    pass\n";

}  // namespace

std::string rc_lines(Shell shell, const Snippet& snippet) {
    switch (shell) {
        case Shell::fish: return std::string(fish_lines);
        case Shell::powershell: return std::string(powershell_lines);
        case Shell::tcsh: return std::string(tcsh_lines);
        case Shell::xonsh: return std::string(xonsh_lines);
        case Shell::nushell: return note_lines("#", snippet.notes) + lines(shell, snippet);
        case Shell::bash:
        case Shell::zsh:
        case Shell::posix: break;
    }
    return fmt::format("if command -v rehome >/dev/null 2>&1; then\n"
                       "    eval \"$(rehome print-env {})\"\n"
                       "fi\n",
                       dialect_of(shell).name);
}

}  // namespace rehome::shell
