#include "shell/real_shell.hpp"

#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <iostream>
#include <sstream>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

// Each by its program's name.
const std::vector<RealShell>& known() {
    static const std::vector<RealShell> shells = {
        {Shell::bash, "bash", {"-i", "-c", ":"}, ".bashrc", "PATH=", "compgen -v", true},
        {Shell::zsh, "zsh", {"-c", ":"}, ".zshenv", "PATH=", "typeset +", true},
        {Shell::fish,
         "fish",
         {"-c", "true"},
         ".config/fish/conf.d/rehome.fish",
         "set -gx PATH",
         "set -n",
         true},
        {Shell::powershell,
         "pwsh",
         {"-NoLogo", "-Command", "exit"},
         ".config/powershell/profile.ps1",
         "$env:PATH = ''",
         "(Get-Variable).Name",
         false},
        {Shell::posix, "sh", {"%HOME%/.profile"}, ".profile", "PATH=", "set", true},
        {Shell::posix, "dash", {"%HOME%/.profile"}, ".profile", "PATH=", "set", true},
        {Shell::posix, "busybox", {"sh", "%HOME%/.profile"}, ".profile", "PATH=", "set", true},
        {Shell::posix, "mksh", {"%HOME%/.profile"}, ".profile", "PATH=", "set", true},
        {Shell::posix, "ksh", {"%HOME%/.profile"}, ".profile", "PATH=", "set", true},
        {Shell::posix, "yash", {"%HOME%/.profile"}, ".profile", "PATH=", "set", false},
        {Shell::nushell,
         "nu",
         {"--config", "%HOME%/.config/nushell/config.nu", "-c", "null"},
         ".config/nushell/config.nu",
         "$env.PATH = ''",
         "scope variables | get name | str join (char newline) | print",
         false},
        {Shell::tcsh, "tcsh", {"-c", ":"}, ".tcshrc", "setenv PATH ''", "set", true},
        {Shell::xonsh,
         "xonsh",
         {"--no-script-cache", "-i", "-c", "pass"},
         ".config/xonsh/rc.xsh",
         "$PATH = []",
         "",
         true},
    };
    return shells;
}

// Makes a program of a few lines of sh.
void write_program(const fs::path& path, std::string_view body) {
    support::write_file(path, fmt::format("#!/bin/sh\n{}\n", body));
    fs::permissions(path, fs::perms::owner_all);
}

support::Variables parsed_environment(const std::string& text) {
    support::Variables variables;
    std::istringstream entries(text);
    for (std::string entry; std::getline(entries, entry, '\0');) {
        const std::size_t equals = entry.find('=');
        variables[entry.substr(0, equals)] = entry.substr(equals + 1);
    }
    return variables;
}

// How a line of each shell starts a program that lies at an absolute path.
std::string_view call_prefix(Shell shell) {
    return shell == Shell::powershell ? "& " : shell == Shell::nushell ? "^" : "";
}

}  // namespace

std::vector<RealShell> installed(Shell shell) {
    std::vector<RealShell> found;
    std::string names;
    for (RealShell real : known()) {
        if (real.shell == shell) {
            names = real.program.string();
            if (const auto program = support::which(names)) {
                real.program = *program;
                found.push_back(real);
            }
        }
    }
    if (found.empty()) {
        std::cout << "SKIPPED: " << names << " is not installed\n";
    }
    return found;
}

std::vector<std::string> shown_lines(std::string_view rendered) {
    constexpr std::string_view indent = "#     ";
    std::vector<std::string> blocks;
    bool in_block = false;
    std::istringstream text{std::string(rendered)};
    for (std::string line; std::getline(text, line) && line.starts_with("#");) {
        if (!line.starts_with(indent)) {
            in_block = false;
            continue;
        }
        if (!in_block) {
            blocks.emplace_back();
        }
        blocks.back() += line.substr(indent.size()) + "\n";
        in_block = true;
    }
    return blocks;
}

Stage::Stage(const std::string& home_name) : home_(directory_ / home_name) {
    fs::create_directory(home_);
    // By their full names: some tests take PATH away.
    write_program(directory_ / "bin/rehome",
                  fmt::format("exec /bin/cat '{}'", (directory_ / "text").string()));
    write_program(directory_ / "bin/dump",
                  fmt::format("exec /usr/bin/env -0 > '{}'", (directory_ / "dump").string()));
}

std::string Stage::path_variable() const {
    return (directory_ / "bin").string() + ":/usr/bin:/bin";
}

support::CommandResult Stage::run(const RealShell& shell,
                                  std::vector<std::string> arguments) const {
    constexpr std::string_view placeholder = "%HOME%";
    for (std::string& argument : arguments) {
        if (argument.starts_with(placeholder)) {
            argument.replace(0, placeholder.size(), home());
        }
    }
    return support::run({.program = shell.program,
                         .arguments = arguments,
                         .variables = {{"HOME", home()},
                                       {"PATH", path_variable()},
                                       {"LANG", "C.UTF-8"},
                                       {"TERM", "dumb"}},
                         .working_directory = home_});
}

Sourced Stage::source(const RealShell& shell, const Snippet& snippet,
                      const StartUp& start_up) const {
    const std::string rendered = render(shell.shell, snippet);
    std::vector<std::string> blocks = shown_lines(rendered);
    REQUIRE_FALSE(blocks.empty());
    support::write_file(directory_ / "text", start_up.within + "\n" + rendered);
    std::string file = start_up.before + "\n";
    for (int time = 0; time < start_up.times; ++time) {
        file += blocks.back();
    }
    file += fmt::format(
        "{}\n{}{}\n", start_up.after, call_prefix(shell.shell), (directory_ / "bin/dump").string());
    support::write_file(home_ / shell.start_up, file);

    blocks.pop_back();
    for (const std::string& once : blocks) {
        const support::CommandResult result = run(shell, {"-c", once});
        INFO(result.err);
        REQUIRE(result.exit_code == 0);
    }
    const support::CommandResult result = run(shell, shell.arguments);
    INFO(shell.program << " ended with " << result.exit_code << "\n"
                       << rendered << result.out << result.err);
    REQUIRE(fs::exists(directory_ / "dump"));
    Sourced sourced{.variables = parsed_environment(support::read_file(directory_ / "dump")),
                    .out = result.out,
                    .err = result.err};
    fs::remove(directory_ / "dump");
    return sourced;
}

}  // namespace rehome::shell
