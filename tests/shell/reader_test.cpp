// What the forms write, read by the very programs that they are for.

#include "shell/form.hpp"
#include "shell/samples.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

// Says SKIPPED where there is none.
std::optional<fs::path> program(std::string_view name) {
    const auto found = support::which(name);
    if (!found) {
        std::cout << "SKIPPED: " << name << " is not installed\n";
    }
    return found;
}

// A home in a temporary directory, and the program that reads the form there.
class Desk {
public:
    [[nodiscard]] std::string home() const { return directory_.path().string(); }

    [[nodiscard]] fs::path operator/(std::string_view name) const { return directory_ / name; }

    // Fails the test if the program fails.
    [[nodiscard]] std::string run(const fs::path& program, std::vector<std::string> arguments,
                                  support::Variables variables = {}) const {
        variables.insert(
            {{"HOME", home()}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}});
        const support::CommandResult result = support::run({.program = program,
                                                            .arguments = std::move(arguments),
                                                            .variables = variables,
                                                            .working_directory = home()});
        INFO(program << " " << result.out << result.err);
        REQUIRE(result.exit_code == 0);
        return result.out;
    }

private:
    support::TempDir directory_;
};

// Where each string ends with a NUL.
std::vector<std::string> strings_in(const std::string& text) {
    std::vector<std::string> strings;
    std::istringstream stream(text);
    for (std::string each; std::getline(stream, each, '\0');) {
        strings.push_back(each);
    }
    return strings;
}

std::vector<std::string> lines_in(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string each; std::getline(stream, each);) {
        lines.push_back(each);
    }
    return lines;
}

std::string path_of(const Snippet& snippet) {
    return fmt::format("{}", fmt::join(snippet.path, ":"));
}

std::vector<std::string> assignments_of(const Snippet& snippet) {
    std::vector<std::string> assignments;
    for (const Variable& variable : snippet.variables) {
        assignments.push_back(fmt::format("{}={}", variable.name, variable.value));
    }
    return assignments;
}

// Whether each assignment, and this PATH, are among those of a program.
void check_environment(const std::vector<std::string>& environment, const Snippet& snippet,
                       const std::string& path) {
    std::vector<std::string> expected = assignments_of(snippet);
    expected.push_back("PATH=" + path);
    for (const std::string& assignment : expected) {
        CAPTURE(assignment);
        CHECK(std::ranges::count(environment, assignment) == 1);
    }
}

Snippet hostile_sample_of(std::string_view form) {
    const std::vector<std::string> values = sayable(form, hostile_values());
    REQUIRE(values.size() >= 7);
    return hostile_sample(values);
}

// Prints what it finds in a document of VS Code, with a NUL after each string.
constexpr std::string_view json_reader = R"(
import json, sys
text = "".join(l for l in open("text", encoding="utf-8") if not l.startswith("//"))
for key in sys.argv[1:]:
    part = json.loads(text)[key]
    for item in part.items() if isinstance(part, dict) else enumerate(part):
        sys.stdout.write("%s=%s\0" % item)
)";

}  // namespace

TEST_CASE("systemd's generator reads environment.d", "[shell][form]") {
    const fs::path generator =
        "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";
    if (!fs::exists(generator)) {
        std::cout << "SKIPPED: systemd's environment-d-generator is not installed\n";
        return;
    }
    const Desk desk;
    const Snippet snippet = hostile_sample_of("environment.d");
    support::write_file(desk / ".config/environment.d/60-rehome.conf",
                        written("environment.d", snippet));

    // It prints assignments for a shell.
    support::write_file(desk / "assignments", desk.run(generator, {}, {{"PATH", "/before"}}));
    const std::string environment =
        desk.run("/bin/sh", {"-c", "set -a; . ./assignments; exec /usr/bin/env -0"});

    check_environment(strings_in(environment), snippet, path_of(snippet) + ":/before");
}

TEST_CASE("a property list runs a script that hands all to launchctl", "[shell][form]") {
    const auto python = program("python3");
    if (!python) {
        return;
    }
    const Desk desk;
    Snippet snippet = hostile_sample_of("launchd");
    snippet.notes = {"a note with -- and ]]> and <x>"};
    support::write_file(desk / "text", written("launchd", snippet));
    support::write_file(desk / "bin/launchctl",
                        "#!/bin/sh\n[ \"$1\" = setenv ] && [ $# = 3 ] &&\n"
                        "    printf '%s=%s\\0' \"$2\" \"$3\" >> \"$LOG\"\n");
    fs::permissions(desk / "bin/launchctl", fs::perms::owner_all);

    const auto run = [&](const std::string& path) {
        static_cast<void>(
            desk.run(*python,
                     {"-c",
                      "import os, plistlib, subprocess\n"
                      "agent = plistlib.load(open('text', 'rb'))\n"
                      "assert agent['RunAtLoad'] is True and agent['Label']\n"
                      "environment = {'LOG': 'log', 'PATH': os.environ['PATH_OF_AGENT']}\n"
                      "subprocess.run(agent['ProgramArguments'], env=environment, check=True)\n"},
                     {{"PATH_OF_AGENT", path}}));
        const std::vector<std::string> seen = strings_in(support::read_file(desk / "log"));
        fs::remove(desk / "log");
        return seen;
    };
    const std::string before = (desk / "bin").string() + ":/usr/bin:/bin";
    check_environment(run(before), snippet, path_of(snippet) + ":" + before);
    const std::string after = path_of(snippet) + ":" + before;
    check_environment(run(after), snippet, after);
}

TEST_CASE("python's JSON reads the members for VS Code", "[shell][form]") {
    const auto python = program("python3");
    if (!python) {
        return;
    }
    const Desk desk;
    const Snippet snippet = hostile_sample_of("vscode");
    support::write_file(desk / "text", written("vscode", snippet));
    const auto read = [&](const std::string& key) {
        return strings_in(desk.run(*python, {"-c", std::string(json_reader), key}));
    };
    check_environment(
        read("terminal.integrated.env.linux"), snippet, path_of(snippet) + ":${env:PATH}");
    CHECK(read("rust-analyzer.cargo.extraEnv") == assignments_of(snippet));
    CHECK(read("rust-analyzer.server.extraEnv") == assignments_of(snippet));
}

TEST_CASE("python's JSON reads the members for a devcontainer", "[shell][form]") {
    const auto python = program("python3");
    if (!python) {
        return;
    }
    const Desk desk;
    Snippet snippet = hostile_sample_of("devcontainer");
    snippet.places.push_back({"/kept/it's/inside", true, {}});
    support::write_file(desk / "text", written("devcontainer", snippet));
    const auto read = [&](const std::string& key) {
        return strings_in(desk.run(*python, {"-c", std::string(json_reader), key}));
    };
    CHECK(read("containerEnv") == assignments_of(snippet));
    CHECK(read("remoteEnv") ==
          std::vector<std::string>{"PATH=" + path_of(snippet) + ":${containerEnv:PATH}"});
    const std::vector<std::string> mounts = read("mounts");
    CHECK(mounts.size() == snippet.places.size() - 1);
    for (std::size_t index = 0; index + 1 < snippet.places.size(); ++index) {
        const std::string& path = snippet.places[index].path;
        CAPTURE(path);
        CHECK(std::ranges::count_if(mounts, [&](const std::string& mount) {
                  return mount.ends_with(fmt::format("=type=bind,source={0},target={0}", path));
              }) == 1);
    }
}

TEST_CASE("a YAML reader and bash do the steps of a workflow", "[shell][form]") {
    const auto python = program("python3");
    const auto bash = program("bash");
    if (!python || !bash) {
        return;
    }
    const Desk desk;
    if (support::run({.program = *python, .arguments = {"-c", "import yaml"}}).exit_code != 0) {
        std::cout << "SKIPPED: python3 has no module yaml\n";
        return;
    }
    const Snippet snippet = hostile_sample_of("github-actions");
    const std::string text = written("github-actions", snippet);
    support::write_file(desk / "text", text);

    const std::string script = desk.run(
        *python,
        {"-c",
         "import sys, yaml\n"
         "steps = yaml.safe_load(open('text', encoding='utf-8'))\n"
         "assert [set(s) for s in steps] == [{'name', 'shell', 'run'}, {'name', 'uses', 'with'}]\n"
         "open('paths', 'w', encoding='utf-8').write(steps[1]['with']['path'])\n"
         "sys.stdout.write(steps[0]['run'])\n"});
    CHECK(script.find("${{") == std::string::npos);
    static_cast<void>(desk.run(
        *bash,
        {"--noprofile", "--norc", "-eo", "pipefail", "-c", script},
        {{"GITHUB_ENV", (desk / "env").string()}, {"GITHUB_PATH", (desk / "path").string()}}));

    CHECK(lines_in(support::read_file(desk / "env")) == assignments_of(snippet));
    std::vector<std::string> entries = lines_in(support::read_file(desk / "path"));
    std::ranges::reverse(entries);  // the runner puts each in front of those before
    CHECK(entries == snippet.path);
    const std::vector<std::string> patterns = lines_in(support::read_file(desk / "paths"));
    REQUIRE(patterns.size() == snippet.caches.size());
    CHECK(patterns.front() == snippet.caches.front());
}

TEST_CASE("direnv loads the line that its form shows", "[shell][form]") {
    const auto direnv = program("direnv");
    if (!direnv) {
        return;
    }
    const Desk desk;
    Snippet snippet;
    for (const std::string& value : hostile_values()) {
        // direnv hands on its environment as JSON.
        if (value.find('\xff') == std::string::npos) {
            const Snippet one = hostile_sample({value}, desk.home());
            snippet.variables.push_back({fmt::format("V{}", snippet.variables.size()), value});
            snippet.path.push_back(one.path.front());
        }
    }
    fs::create_directories(desk / "links");
    fs::create_symlink(desk / "caches/registry", desk / "links/registry");
    snippet.directories = {
        {(desk / "links/registry").string(), (desk / "caches/registry").string()}};
    const std::string text = written("direnv", snippet);
    support::write_file(desk / "text", text);
    support::write_file(desk / "bin/rehome",
                        "#!/bin/sh\n[ \"$1 $2\" = 'print-env direnv' ] && exec /bin/cat '" +
                            (desk / "text").string() + "'\n");
    fs::permissions(desk / "bin/rehome", fs::perms::owner_all);
    const std::string line = lines_in(text).at(2).substr(6);
    support::write_file(desk / "project/.envrc", line + "\n");

    const std::string project = (desk / "project").string();
    const support::Variables path{{"PATH", (desk / "bin").string() + ":/usr/bin:/bin"}};
    static_cast<void>(desk.run(*direnv, {"allow", project}, path));
    const std::string environment =
        desk.run(*direnv, {"exec", project, "/usr/bin/env", "-0"}, path);

    check_environment(strings_in(environment), snippet, path_of(snippet) + ":" + path.at("PATH"));
    CHECK(fs::is_directory(desk / "caches/registry"));
}

}  // namespace rehome::shell
