// Every snippet is loaded by the real shell, by the very line that its comment shows.

#include "shell/real_shell.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <type_traits>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

using Bash = std::integral_constant<Shell, Shell::bash>;
using Zsh = std::integral_constant<Shell, Shell::zsh>;
using Fish = std::integral_constant<Shell, Shell::fish>;
using PowerShell = std::integral_constant<Shell, Shell::powershell>;
using Posix = std::integral_constant<Shell, Shell::posix>;
using Nushell = std::integral_constant<Shell, Shell::nushell>;
using Tcsh = std::integral_constant<Shell, Shell::tcsh>;
using Xonsh = std::integral_constant<Shell, Shell::xonsh>;

const std::vector<std::string> nasty = {
    "/plain/path.d/a-b_c",
    "/with space/two  and one at the end ",
    "/single'quote''s",
    "/double\"quote\"\"s",
    "/$nosuch/${nosuch}/$(exit 1)/$$",
    "/`exit 1`",
    "/back\\slash\\\\two\\n\\$x\\\"\\`\\!",
    "/ends in a backslash\\",
    "/bang!/!!/!x!",
    "/new\nline\n",
    "/re\rturn\ttab\x01\x1b\x7f",
    "/tilde~/~root",
    "/per%cent/%PATH%/%s",
    "/glob*?[a-z]{b,c}",
    "/hash #;&|<>()^",
    "/(id)/($env.HOME)",
    "/equals=x",
    "/{value}/{name}/{link}",
    "/\u00fcn\u00efc\u00f6d\u00e9/\u65e5\u672c/\u201ccurly\u201d\u201e\u2018\u2019",
};

const std::vector<std::string> nasty_but_no_path = {
    "-leading/--dash",
    "~/tilde",
    "$HOME/${HOME}",
    " /blank",
    "\n",
    "/a:b",
};

const std::vector<std::string> odd = {
    "/odd\xff\xfe/\xc3(", "/cut\xe2\x80", "/\xed\xa0\x80\xc0\xaf"};

std::string home_text(const Stage& stage) {
    return stage.home().string();
}

// The name of one directory that has all that is in the text.
std::string as_one_name(std::string text) {
    std::ranges::replace(text, '/', '_');
    return text;
}


Snippet usual(const Stage& stage) {
    const std::string home = home_text(stage);
    return {.notes = {"nothing was migrated yet"},
            .variables = {{"CARGO_CONFIG_HOME", home + "/.config/cargo"},
                          {"CARGO_CACHE_HOME", "/data/cache/cargo"}},
            .path = {home + "/.cargo/bin"},
            .directories = {{home + "/.cargo/registry", home + "/.cache/cargo/registry"}},
            .home = home};
}

}  // namespace

TEMPLATE_TEST_CASE("the line in the comment loads the snippet, and twice is as once", "[shell]",
                   Bash, Zsh, Fish, PowerShell, Posix, Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        for (const int times : {1, 2}) {
            CAPTURE(shell.program, times);
            const Stage stage;
            fs::create_directory(stage.home() / ".cargo");
            fs::create_symlink(stage.home() / ".cache/cargo/registry",
                               stage.home() / ".cargo/registry");

            const Sourced sourced = stage.source(shell, usual(stage), {.times = times});

            const std::string home = home_text(stage);
            CHECK(sourced.variables.at("CARGO_CONFIG_HOME") == home + "/.config/cargo");
            CHECK(sourced.variables.at("CARGO_CACHE_HOME") == "/data/cache/cargo");
            CHECK(sourced.variables.at("PATH") == home + "/.cargo/bin:" + stage.path_variable());
            CHECK(fs::is_directory(stage.home() / ".cache/cargo/registry"));
        }
    }
}

TEMPLATE_TEST_CASE("any path survives the shell", "[shell]", Bash, Zsh, Fish, PowerShell, Posix,
                   Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        const std::string home_name =
            "a home" + as_one_name(fmt::format("{}", fmt::join(nasty, "")));
        for (const std::string& name : {std::string("home"), home_name.substr(0, 250)}) {
            CAPTURE(shell.program, name);
            const Stage stage(name);
            const std::string home = home_text(stage);
            std::vector<std::string> values = nasty;
            values.insert(values.end(), nasty_but_no_path.begin(), nasty_but_no_path.end());
            std::vector<std::string> path = nasty;
            if (shell.takes_odd_bytes) {
                values.insert(values.end(), odd.begin(), odd.end());
                path.insert(path.end(), odd.begin(), odd.end());
            }
            for (std::size_t index = 0; index < path.size(); index += 2) {
                path[index].insert(0, home);
            }

            Snippet snippet{.path = path, .home = home};
            for (std::size_t index = 0; index < values.size(); ++index) {
                snippet.variables.push_back({fmt::format("V{}", 2 * index), values[index]});
                snippet.variables.push_back(
                    {fmt::format("V{}", 2 * index + 1), home + values[index]});
            }
            for (const std::string& text : path) {
                const std::string leaf =
                    as_one_name(text.substr(text.starts_with(home) ? home.size() : 0));
                snippet.directories.push_back(
                    {home + "/links/" + leaf, home + "/targets/" + leaf + "/in"});
            }
            fs::create_directory(stage.home() / "links");
            for (const PurgeableDirectory& directory : snippet.directories) {
                fs::create_symlink(directory.target, directory.link);
            }

            const Sourced sourced = stage.source(shell, snippet);

            for (const Variable& variable : snippet.variables) {
                CAPTURE(variable.name);
                CHECK(sourced.variables.at(variable.name) == variable.value);
            }
            CHECK(sourced.variables.at("PATH") ==
                  fmt::format("{}:{}", fmt::join(path, ":"), stage.path_variable()));
            for (const PurgeableDirectory& directory : snippet.directories) {
                CAPTURE(directory.target);
                CHECK(fs::is_directory(directory.target));
            }
            const Sourced again = stage.source(shell, snippet, {.times = 2});
            CHECK(again.variables.at("PATH") == sourced.variables.at("PATH"));
        }
    }
}

}  // namespace rehome::shell
