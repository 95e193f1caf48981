// The real tools make a backup with our patterns: the caches are left out, and nothing else is.

#include "shell/samples.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

// One that has `tool` saves `source`, leaving out what `excludes` says, and puts the copy into
// `restored`, each file at its whole path below it.
struct Tool {
    std::string name;
    std::vector<std::string> commands;  // for a shell that stops at the first failure
};

const Tool rsync{"rsync",
                 {"rsync -a --relative --exclude-from=excludes \"$SOURCE\" \"$RESTORED\""}};
const Tool tar{"tar",
               {"tar -c -f archive --exclude-from=excludes \"$SOURCE\"",
                "tar -x -f archive -C \"$RESTORED\""}};
const Tool restic{"restic",
                  {"restic -q -r repository init",
                   "restic -q -r repository backup --exclude-file=excludes \"$SOURCE\"",
                   "restic -q -r repository restore latest --target \"$RESTORED\""}};
const Tool borg{"borg",
                {"borg init -e none repository",
                 "borg create --exclude-from excludes repository::one \"$SOURCE\"",
                 "cd \"$RESTORED\" && borg extract ../repository::one"}};

// Files in caches with odd names, and beside each what its pattern must not match.
class Source {
public:
    explicit Source(const std::vector<std::string>& values)
        : snippet_(hostile_sample(values, root())) {
        for (const std::string& cache : snippet_.caches) {
            support::write_file(cache + "/registry/file", "x");
            support::write_file(cache + "2/file", "x");
            support::write_file(root() + "/elsewhere" + cache + "/file", "x");
        }
        for (const std::string name :
             {"a", "any1a", "x]]", "*\\?x]", "back\\\\slash", "backslash"}) {
            support::write_file(root() + "/caches/" + name + "/file", "x");
        }
    }

    [[nodiscard]] std::string root() const { return (directory_ / "source").string(); }

    [[nodiscard]] fs::path operator/(std::string_view name) const { return directory_ / name; }

    [[nodiscard]] const Snippet& snippet() const { return snippet_; }

    [[nodiscard]] bool is_in_cache(const std::string& file) const {
        return std::ranges::any_of(snippet_.caches, [&](const std::string& cache) {
            return file.starts_with(cache + "/");
        });
    }

private:
    support::TempDir directory_;
    Snippet snippet_;
};

// The files below the directory, by their paths from there.
std::set<std::string> files_below(const fs::path& directory) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file()) {
            files.insert(entry.path().string().substr(directory.string().size()));
        }
    }
    return files;
}

void check_backup(const Tool& tool) {
    if (!support::which(tool.name)) {
        std::cout << "SKIPPED: " << tool.name << " is not installed\n";
        return;
    }
    const std::string form = "backup-excludes-" + tool.name;
    const Source source(sayable(form, hostile_values()));
    REQUIRE(source.snippet().caches.size() >= 15);
    support::write_file(source / "excludes", written(form, source.snippet()));
    fs::create_directory(source / "restored");

    std::string script = "set -e\n";
    for (const std::string& command : tool.commands) {
        script += command + "\n";
    }
    const support::CommandResult result =
        support::run({.program = "/bin/sh",
                      .arguments = {"-c", script},
                      .variables = {{"HOME", (source / "home").string()},
                                    {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                    {"LANG", "C.UTF-8"},
                                    {"SOURCE", source.root()},
                                    {"RESTORED", (source / "restored").string()},
                                    {"RESTIC_PASSWORD", "x"}},
                      .working_directory = (source / "").string()});
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == 0);

    std::set<std::string> expected;
    for (const std::string& file : files_below(source.root())) {
        if (!source.is_in_cache(source.root() + file)) {
            expected.insert(source.root() + file);
        }
    }
    REQUIRE(expected.size() > 2 * source.snippet().caches.size());
    CHECK(files_below(source / "restored") == expected);
}

}  // namespace

TEST_CASE("rsync leaves out the caches and nothing else", "[shell][form]") {
    check_backup(rsync);
}

TEST_CASE("tar leaves out the caches and nothing else", "[shell][form]") {
    check_backup(tar);
}

TEST_CASE("restic leaves out the caches and nothing else", "[shell][form]") {
    check_backup(restic);
}

TEST_CASE("borg leaves out the caches and nothing else", "[shell][form]") {
    check_backup(borg);
}

// Time Machine runs on macOS alone: what the shell hands to its command is looked at.
TEST_CASE("sh hands every cache to tmutil as one word", "[shell][form]") {
    const Snippet snippet = hostile_sample(sayable("time-machine", hostile_values()));
    REQUIRE(snippet.caches.size() >= 15);
    const std::string tmutil = "tmutil() { printf '%s\\0' \"$@\"; }\n";
    const support::CommandResult result = support::run(
        {.program = "/bin/sh", .arguments = {"-c", tmutil + written("time-machine", snippet)}});
    std::string words;
    for (const std::string& cache : snippet.caches) {
        for (const std::string& word : {std::string("addexclusion"), std::string("-p"), cache}) {
            words += word + '\0';
        }
    }
    CHECK(result.err.empty());
    CHECK(result.out == words);
}

}  // namespace rehome::shell
