// Every snippet is loaded by the real shell, by the very lines that its comment shows.

#include "shell/real_shell.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
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

const std::vector<std::string> nasty_paths = {
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

const std::vector<std::string> odd_paths = {
    "/odd\xff\xfe/\xc3(",
    "/cut\xe2\x80",
    "/\xed\xa0\x80\xc0\xaf",
};

// These would be something else as an entry of PATH.
const std::vector<std::string> nasty_values = {
    "-leading/--dash",
    "~/tilde",
    "$HOME/${HOME}",
    " /blank ",
    "\n",
    "/a:b",
};

const std::string nasty_home = "a 'home\" $x${y}`z`\\!{value}%s~#(1)*[a]\n\u00fc ";

std::vector<std::string> joined(std::vector<std::string> all,
                                const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

// A snippet that has each nasty path as it is and below home, in all places.
Snippet nasty_snippet(const std::string& home, bool odd_bytes) {
    const std::vector<std::string> paths = odd_bytes ? joined(nasty_paths, odd_paths) : nasty_paths;
    Snippet snippet{.home = home};
    for (const std::string& value : joined(paths, nasty_values)) {
        const std::size_t count = snippet.variables.size();
        snippet.variables.push_back({fmt::format("V{}", count), value});
        snippet.variables.push_back({fmt::format("V{}", count + 1), home + value});
    }
    for (const std::string& path : paths) {
        snippet.path.push_back(path);
        snippet.path.push_back(home + path);
        std::string name = path;
        std::ranges::replace(name, '/', '_');
        snippet.directories.push_back(
            {home + "/links/" + name, home + "/targets/" + name + "/inside"});
    }
    return snippet;
}

void check_nasty(const RealShell& shell, const std::string& home_name,
                 const std::string& before = "") {
    const Stage stage(home_name);
    const Snippet snippet = nasty_snippet(stage.home(), shell.takes_odd_bytes);
    fs::create_directory(fs::path(stage.home()) / "links");
    for (const PurgeableDirectory& directory : snippet.directories) {
        fs::create_symlink(directory.target, directory.link);
    }

    const Sourced sourced = stage.source(shell, snippet, {.before = before, .times = 2});

    for (const Variable& variable : snippet.variables) {
        CAPTURE(variable.name);
        CHECK(sourced.variables.at(variable.name) == variable.value);
    }
    CHECK(sourced.variables.at("PATH") ==
          fmt::format("{}:{}", fmt::join(snippet.path, ":"), stage.path_variable()));
    for (const PurgeableDirectory& directory : snippet.directories) {
        CAPTURE(directory.target);
        CHECK(fs::is_directory(directory.target));
    }
}

// What print-env says for an ordinary home, whose registry is in place.
Snippet usual_snippet(const Stage& stage) {
    const std::string home = stage.home();
    fs::create_directories(home + "/.cargo");
    fs::create_directories(home + "/.cache/cargo/registry");
    fs::create_symlink(home + "/.cache/cargo/registry", home + "/.cargo/registry");
    return {.notes = {"nothing was migrated yet", "ends in a backslash\\"},
            .variables = {{"CARGO_CONFIG_HOME", home + "/.config/cargo"},
                          {"CARGO_CACHE_HOME", "/data/cache/cargo"}},
            .path = {home + "/.cargo/bin"},
            .directories = {{home + "/.cargo/registry", home + "/.cache/cargo/registry"}},
            .home = home};
}

void purge(const Stage& stage) {
    fs::remove_all(stage.home() + "/.cache");
}

bool is_healed(const Stage& stage) {
    return fs::is_directory(stage.home() + "/.cache/cargo/registry");
}

void check_usual(const RealShell& shell, int times) {
    const Stage stage;
    const Snippet snippet = usual_snippet(stage);
    purge(stage);

    const Sourced sourced = stage.source(shell, snippet, {.times = times});

    CHECK(sourced.variables.at("CARGO_CONFIG_HOME") == stage.home() + "/.config/cargo");
    CHECK(sourced.variables.at("CARGO_CACHE_HOME") == "/data/cache/cargo");
    CHECK(sourced.variables.at("PATH") == stage.home() + "/.cargo/bin:" + stage.path_variable());
    CHECK(is_healed(stage));
}

// Names and, of links, where they lead to; sorted.
std::set<std::string> entries(const std::string& directory) {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        found.insert(entry.is_symlink()
                         ? entry.path().string() + " -> " + fs::read_symlink(entry).string()
                         : entry.path().string());
    }
    return found;
}

void check_only_dangling(const RealShell& shell) {
    const Stage stage;
    const std::string place = stage.home() + "/place";
    fs::create_directories(place + "/real directory");
    fs::create_directories(place + "/elsewhere");
    support::write_file(place + "/file", "");
    fs::create_symlink(place + "/elsewhere", place + "/to directory");
    fs::create_symlink(place + "/file", place + "/to file");
    fs::create_symlink(place + "/file/below", place + "/below file");
    fs::create_symlink(place + "/new", place + "/dangling");
    const Snippet snippet{.directories = {{place + "/nothing", place + "/1"},
                                          {place + "/real directory", place + "/2"},
                                          {place + "/file", place + "/3"},
                                          {place + "/to directory", place + "/4"},
                                          {place + "/to file", place + "/file"},
                                          {place + "/below file", place + "/file/below"},
                                          {place + "/dangling", place + "/new"}},
                          .home = stage.home()};
    std::set<std::string> expected = entries(place);
    const Sourced without = stage.source(shell, snippet, {.times = 0});

    const Sourced sourced = stage.source(shell, snippet);

    expected.insert(place + "/new");
    CHECK(entries(place) == expected);
    CHECK(sourced.out == without.out);
    CHECK(sourced.err == without.err);
}

// The identifiers at the starts of the lines, but for those that shells set as they go.
std::set<std::string> names_in(const std::string& lines) {
    std::set<std::string> names;
    std::istringstream text(lines);
    for (std::string line; std::getline(text, line);) {
        line.erase(0, line.starts_with('$') ? 1 : 0);
        const auto end = std::ranges::find_if(line, [](char c) {
            return c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0;
        });
        names.emplace(line.begin(), end);
    }
    names.erase("_");
    names.erase("KSH_MATCH");
    return names;
}

void check_leaves_nothing(const RealShell& shell) {
    const Stage stage;
    const Snippet snippet = usual_snippet(stage);
    std::set<std::string> expected =
        names_in(stage.source(shell, snippet, {.after = shell.list_names, .times = 0}).out);
    REQUIRE(expected.size() >= 2);
    std::set<std::string> names =
        names_in(stage.source(shell, snippet, {.after = shell.list_names}).out);
    for (const Variable& variable : snippet.variables) {
        names.erase(variable.name);
    }
    CHECK(names == expected);
}

}  // namespace

TEMPLATE_TEST_CASE("the lines in the comment load the snippet, and twice is as once", "[shell]",
                   Bash, Zsh, Fish, PowerShell, Posix, Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        check_usual(shell, 1);
        check_usual(shell, 2);
    }
}

TEMPLATE_TEST_CASE("any path survives the shell", "[shell]", Bash, Zsh, Fish, PowerShell, Posix,
                   Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        check_nasty(shell, "home");
        check_nasty(shell, nasty_home);
    }
}

TEMPLATE_TEST_CASE("any path survives unusual settings of the shell", "[shell]", Bash, Zsh, Posix,
                   Tcsh) {
    const std::map<Shell, std::string> settings = {
        {Shell::bash, "set -eufC +H; shopt -s extglob nocaseglob; IFS=/"},
        {Shell::zsh,
         "setopt ksh_arrays sh_word_split glob_subst extended_glob rc_quotes no_clobber"},
        {Shell::posix, "set -eufC; IFS=/"},
        {Shell::tcsh, "set backslash_quote noclobber noglob"},
    };
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        check_nasty(shell, nasty_home, settings.at(shell.shell));
    }
}

TEMPLATE_TEST_CASE("only a dangling link gets its target, and a failure is silent", "[shell]", Bash,
                   Zsh, Fish, PowerShell, Posix, Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        check_only_dangling(shell);
    }
}

TEMPLATE_TEST_CASE("a snippet prints nothing", "[shell]", Bash, Zsh, Fish, PowerShell, Posix,
                   Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        const Snippet snippet = usual_snippet(stage);
        const Sourced without = stage.source(shell, snippet, {.times = 0});
        purge(stage);
        const Sourced sourced = stage.source(shell, snippet, {.times = 2});
        CHECK(sourced.out == without.out);
        CHECK(sourced.err == without.err);
    }
}

// xonsh is not asked: what execx() sets does not show in the start-up file.
TEMPLATE_TEST_CASE("a snippet leaves no variable of its own", "[shell]", Bash, Zsh, Fish,
                   PowerShell, Posix, Nushell, Tcsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        check_leaves_nothing(shell);
    }
}

TEMPLATE_TEST_CASE("an empty PATH gets no empty entry", "[shell]", Bash, Zsh, Fish, PowerShell,
                   Posix, Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        const Sourced sourced =
            stage.source(shell, usual_snippet(stage), {.within = shell.clear_path});
        CHECK(sourced.variables.at("PATH") == stage.home() + "/.cargo/bin");
    }
}

TEMPLATE_TEST_CASE("a PATH that has the entry somewhere stays as it is", "[shell]", Bash, Zsh, Fish,
                   PowerShell, Posix, Nushell, Tcsh, Xonsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        const Sourced sourced =
            stage.source(shell, {.path = {"/first", "/usr/bin", "/bi", "/last"}});
        CHECK(sourced.variables.at("PATH") == "/first:/bi:/last:" + stage.path_variable());
    }
}

TEMPLATE_TEST_CASE("set -e and set -u do not stop a snippet", "[shell]", Bash, Zsh, Posix) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        Snippet snippet = usual_snippet(stage);
        purge(stage);
        const std::string hopeless = stage.home() + "/hopeless";
        fs::create_symlink("/dev/null/below", hopeless);
        snippet.directories.push_back({hopeless, "/dev/null/below"});
        const Sourced sourced =
            stage.source(shell, snippet, {.before = "set -eu", .within = "unset PATH"});
        CHECK(sourced.variables.at("PATH") == stage.home() + "/.cargo/bin");

        const Sourced twice = stage.source(shell, snippet, {.before = "set -eu", .times = 2});
        CHECK(is_healed(stage));
        CHECK(twice.variables.contains("CARGO_CACHE_HOME"));
    }
}

TEMPLATE_TEST_CASE("an alias for mkdir is not used", "[shell]", Bash, Zsh, Fish, Posix, Tcsh) {
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        const Snippet snippet = usual_snippet(stage);
        purge(stage);
        const bool is_sh = shell.shell != Shell::fish && shell.shell != Shell::tcsh;
        const std::string alias = is_sh ? "alias mkdir='echo'" : "alias mkdir 'echo'";
        static_cast<void>(stage.source(shell, snippet, {.before = alias}));
        CHECK(is_healed(stage));
    }
}

TEMPLATE_TEST_CASE("a snippet starts no process while nothing is missing", "[shell]", Bash, Zsh,
                   Fish, Posix) {
    const auto strace = support::which("strace");
    if (!strace) {
        std::cout << "SKIPPED: strace is not installed\n";
        return;
    }
    for (const RealShell& shell : installed(TestType::value)) {
        CAPTURE(shell.program);
        const Stage stage;
        const std::string text = stage.home() + "/text";
        const auto processes = [&](const std::string& lines) {
            support::write_file(text, lines);
            std::vector<std::string> arguments{
                "-f", "-qq", "-e", "trace=clone,clone3,fork,vfork", shell.program.string(), text};
            if (shell.program.filename() == "busybox") {
                arguments.insert(arguments.end() - 1, "sh");
            }
            const auto result =
                support::run({.program = *strace,
                              .arguments = arguments,
                              .variables = {{"HOME", stage.home()}, {"PATH", "/usr/bin:/bin"}}});
            REQUIRE(result.exit_code == 0);
            return std::ranges::count(result.err, '\n');
        };
        CHECK(processes(render(shell.shell, usual_snippet(stage))) == processes(""));
        CHECK(processes("/bin/true\n/bin/true\n") > processes(""));
    }
}

}  // namespace rehome::shell
