// The lines of `rehome env install` in the start-up files of real shells, with the real rehome.

#include "shell/rc_lines.hpp"
#include "shell/real_shell.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <sstream>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;
using support::CommandResult;

// A home with a cargo in it; `rehome` is in ~/tools, which ~/.profile puts into PATH, since
// /etc/profile sets that anew.
class Home {
public:
    Home() {
        fs::create_directories(directory_ / ".cargo/bin");
        fs::create_directories(directory_ / "tools");
        support::write_file(directory_ / ".profile", "PATH=\"$HOME/tools:/usr/bin:/bin\"\n");
        support::write_file(directory_ / ".zprofile", "PATH=\"$HOME/tools:/usr/bin:/bin\"\n");
        make_found();
    }

    void make_found() const {
        fs::create_symlink(support::rehome_binary(), directory_ / "tools/rehome");
    }

    void make_missing() const { fs::remove(directory_ / "tools/rehome"); }

    void env(const std::string& verb, const std::string& shell) const {
        support::Command command = {.program = support::rehome_binary(),
                                    .arguments = {"env", verb, "--yes", "--shell", shell},
                                    .variables = variables(),
                                    .working_directory = directory_.path()};
        const CommandResult result = support::run(command);
        INFO(result.err);
        REQUIRE(result.exit_code == 0);
        REQUIRE(result.err.find("warning") == std::string::npos);
    }

    struct Shown {
        support::Variables variables;
        std::string messages;
    };

    [[nodiscard]] Shown start(const fs::path& program, std::vector<std::string> arguments) const {
        arguments.push_back(fmt::format("/usr/bin/env -0 > {}", (directory_ / "dump").string()));
        const CommandResult result = support::run({.program = program,
                                                   .arguments = arguments,
                                                   .variables = variables(),
                                                   .working_directory = directory_.path()});
        INFO(program << " " << fmt::to_string(arguments.size()) << result.out << result.err);
        REQUIRE(result.exit_code == 0);
        Shown shown{.variables = {}, .messages = result.out + result.err};
        std::istringstream entries(support::read_file(directory_ / "dump"));
        for (std::string entry; std::getline(entries, entry, '\0');) {
            const std::size_t equals = entry.find('=');
            shown.variables[entry.substr(0, equals)] = entry.substr(equals + 1);
        }
        fs::remove(directory_ / "dump");
        // What no two runs have in common.
        for (const char* name : {"SHLVL", "_", "XONSH_HISTORY_FILE"}) {
            shown.variables.erase(name);
        }
        // bash names its process when it finds no terminal.
        if (const std::size_t at = shown.messages.find("process group (");
            at != std::string::npos) {
            shown.messages.erase(at, shown.messages.find(')', at) - at + 1);
        }
        return shown;
    }

    [[nodiscard]] long times_in_path(const support::Variables& variables) const {
        std::istringstream entries(variables.at("PATH"));
        long times = 0;
        for (std::string entry; std::getline(entries, entry, ':');) {
            times += entry == (directory_ / ".cargo/bin").string() ? 1 : 0;
        }
        return times;
    }

    [[nodiscard]] support::Snapshot snapshot() const {
        support::Snapshot snapshot = support::take_snapshot(
            directory_.path(),
            {.inodes = support::Inodes::left_out,
             .except = {".local", ".cache", ".config/fish/fish_variables", ".zcompdump"}});
        for (auto& [path, entry] : snapshot) {
            entry.mtime = 0;
        }
        return snapshot;
    }

    [[nodiscard]] const fs::path& path() const { return directory_.path(); }

private:
    [[nodiscard]] support::Variables variables() const {
        return {{"HOME", directory_.path().string()},
                {"PATH", (directory_ / "tools").string() + ":/usr/bin:/bin"},
                {"LANG", "C.UTF-8"},
                {"TERM", "dumb"}};
    }

    support::TempDir directory_;
};

struct Start {
    std::vector<std::string> arguments;  // before the command line
};

void require_life(const RealShell& shell, const std::string& name,
                  const std::vector<Start>& starts) {
    const Home home;
    std::vector<Home::Shown> without;
    // Twice, for some make files of their own at their first start.
    for (const Start& start : starts) {
        static_cast<void>(home.start(shell.program, start.arguments));
    }
    for (const Start& start : starts) {
        without.push_back(home.start(shell.program, start.arguments));
        REQUIRE(home.times_in_path(without.back().variables) == 0);
    }
    const support::Snapshot before = home.snapshot();
    const auto check_same = [](const support::Variables& with, const support::Variables& before_) {
        for (const auto& [variable, value] : with) {
            INFO(variable << " is " << value);
            const auto found = before_.find(variable);
            CHECK((found != before_.end() && found->second == value));
        }
        CHECK(with.size() == before_.size());
    };

    home.env("install", name);
    for (std::size_t index = 0; index < starts.size(); ++index) {
        INFO(shell.program << ", start " << index);
        const Home::Shown with = home.start(shell.program, starts[index].arguments);
        CHECK(with.messages == without[index].messages);
        CHECK(home.times_in_path(with.variables) == 1);
        const auto found = with.variables.find("CARGO_CACHE_HOME");
        CHECK((found != with.variables.end() &&
               found->second == (home.path() / ".cache/cargo").string()));
    }
    home.make_missing();
    for (std::size_t index = 0; index < starts.size(); ++index) {
        INFO(shell.program << ", start " << index << " without rehome");
        const Home::Shown missing = home.start(shell.program, starts[index].arguments);
        CHECK(missing.messages == without[index].messages);
        check_same(missing.variables, without[index].variables);
    }
    home.make_found();
    home.env("uninstall", name);
    CHECK(support::difference(before, home.snapshot()).empty());
    for (std::size_t index = 0; index < starts.size(); ++index) {
        const Home::Shown after = home.start(shell.program, starts[index].arguments);
        CHECK(after.messages == without[index].messages);
        check_same(after.variables, without[index].variables);
    }
}

void require_life_of_all(Shell shell, const std::string& name, const std::vector<Start>& starts) {
    for (const RealShell& real : installed(shell)) {
        require_life(real, name, starts);
    }
}

}  // namespace

TEST_CASE("installed lines work in bash", "[rc_shells][shell]") {
    require_life_of_all(
        Shell::bash, "bash", {{{"-i", "-c"}}, {{"-l", "-c"}}, {{"-l", "-i", "-c"}}});
}

TEST_CASE("installed lines work in zsh", "[rc_shells][shell]") {
    require_life_of_all(Shell::zsh, "zsh", {{{"-c"}}, {{"-i", "-c"}}});
}

TEST_CASE("installed lines work in fish", "[rc_shells][shell]") {
    require_life_of_all(Shell::fish, "fish", {{{"-c"}}, {{"-l", "-i", "-c"}}});
}

TEST_CASE("installed lines work in tcsh", "[rc_shells][shell]") {
    require_life_of_all(Shell::tcsh, "tcsh", {{{"-c"}}});
}

TEST_CASE("installed lines work in xonsh", "[rc_shells][shell]") {
    require_life_of_all(Shell::xonsh, "xonsh", {{{"--no-script-cache", "-i", "-c"}}});
}

TEST_CASE("installed lines work in the posix shells", "[rc_shells][shell]") {
    for (const RealShell& real : installed(Shell::posix)) {
        const std::string name = real.program.filename().string();
        if (name == "yash") {  // it reads no .profile
            continue;
        }
        std::vector<std::string> arguments{"-l", "-c"};
        if (name == "busybox") {
            arguments.insert(arguments.begin(), "sh");
        }
        require_life(real, "posix", {{arguments}});
    }
}

TEST_CASE("what is installed holds the lines that print-env shows", "[rc_shells][shell]") {
    for (const std::string& name : shell_names()) {
        const Shell shell = *shell_named(name);
        const Snippet snippet{.notes = {"a note"}, .variables = {{"A", "b"}}};
        const std::string installed_lines = rc_lines(shell, snippet);
        INFO(installed_lines);
        CHECK(installed_lines.ends_with("\n"));
        if (shell == Shell::nushell) {
            CHECK(installed_lines.find("$env.A = $\"b\"\n") != std::string::npos);
            CHECK(installed_lines.find("# a note\n") != std::string::npos);
            continue;
        }
        std::istringstream shown(shown_lines(render(shell, snippet)).back());
        for (std::string line; std::getline(shown, line);) {
            CHECK(installed_lines.find(line) != std::string::npos);
        }
    }
}

}  // namespace rehome::shell
