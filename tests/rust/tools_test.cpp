#include "base/error.hpp"
#include "os/lock_holders.hpp"
#include "rust/cargo_config.hpp"
#include "rust/cargo_locks.hpp"
#include "rust/item_locks.hpp"
#include "rust/running_tools.hpp"
#include "rust/version.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace rehome;

namespace {

std::filesystem::path script(const std::filesystem::path& path, const std::string& text) {
    support::write_file(path, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms(0755));
    return path;
}

// A process is there before its variables are: exec sets them up last.
void wait_for_variables(int process) {
    const std::string path = "/proc/" + std::to_string(process) + "/environ";
    while (os::ReadFs().read(path).value_or("x").empty()) {
        std::this_thread::yield();
    }
}

// A program of that name which sleeps until it is killed.
std::filesystem::path sleeper(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(*support::which("sleep"), path);
    return path;
}

std::vector<rust::RunningTool> tools_of(const rust::WatchedHome& home, int id) {
    std::vector<rust::RunningTool> tools = rust::running_tools({home});
    std::erase_if(tools, [&](const rust::RunningTool& tool) { return tool.id != id; });
    return tools;
}

}  // namespace

TEST_CASE("the versions of cargo and rustup are read from what they print", "[rust]") {
    CHECK(rust::parse_version("rustup 1.27.0 (bbb9276d2 2024-03-08)\n") == rust::Version{1, 27, 0});
    CHECK(rust::parse_version("cargo 1.97.0-nightly (x)") == rust::Version{1, 97, 0});
    CHECK_FALSE(rust::parse_version("rustup"));
    CHECK_FALSE(rust::parse_version("rustup one.two"));
    CHECK(rust::Version{1, 9, 9} < rust::Version{1, 75, 0});
}

TEST_CASE("a program is asked for its version away from the real homes", "[rust]") {
    const support::TempDir directory;
    const auto program = script(directory / "rustup",
                                "[ \"$(pwd)\" = / ] && "
                                "[ \"$HOME\" = \"$RUSTUP_HOME\" ] && [ -z \"$(ls -A \"$HOME\")\" ] "
                                "&& echo 'rustup 1.28.2 (x)'\n");
    CHECK(rust::version_of_program(program) == rust::Version{1, 28, 2});
    CHECK_FALSE(rust::version_of_program(script(directory / "other", "exit 1\n")));
    CHECK_FALSE(rust::version_of_program(directory / "none"));
}

TEST_CASE("included files are found in each form that cargo knows", "[rust]") {
    CHECK(rust::included_files("include = \"a.toml\"") == std::vector<std::string>{"a.toml"});
    CHECK(rust::included_files("include = [\"a.toml\", {path = \"b.toml\", optional = true}]") ==
          std::vector<std::string>{"a.toml", "b.toml"});
    CHECK(rust::included_files("[build]\njobs = 2").empty());
    CHECK(rust::included_files("not toml").empty());
}

TEST_CASE("cargo's cache locks are taken all or none", "[rust]") {
    const support::TempDir directory;
    const os::Directory home = os::ReadFs().open(directory.path());
    std::string busy;
    {
        const auto locks = rust::try_lock_caches(home, busy);
        REQUIRE(locks);
        CHECK(locks->size() == 2);
        CHECK_FALSE(rust::try_lock_caches(home, busy));
        CHECK(busy == ".package-cache-mutate");
        const auto file = os::ReadFs().look({home, busy});
        CHECK(os::lock_holders(*file).size() == 1);
    }
    CHECK(rust::try_lock_caches(home, busy));
}

TEST_CASE("the files that cargo locks are locked where they exist, all or none", "[rust]") {
    const support::TempDir directory;
    const os::ReadFs fs;
    const os::Directory home = fs.open(directory.path());
    std::string busy;
    CHECK(rust::try_lock_items(fs, home, busy)->empty());
    CHECK(fs.is_empty(home));

    support::write_file(directory / ".crates.toml", "x");
    support::write_file(directory / "moved/credentials.toml", "x");
    support::write_file(directory / "binstall/crates-v1.json", "x");
    std::filesystem::create_directory(directory / "credentials");
    std::filesystem::create_symlink("moved/credentials.toml", directory / "credentials.toml");
    std::filesystem::create_symlink("nowhere", directory / ".crates2.json");
    {
        const auto behind_link = os::FileLock::try_lock_existing({home, "moved/credentials.toml"});
        REQUIRE(behind_link);
        CHECK_FALSE(rust::try_lock_items(fs, home, busy));
        CHECK(busy == "credentials.toml");
        CHECK(os::FileLock::try_lock_existing({home, ".crates.toml"}));
    }
    const auto locks = rust::try_lock_items(fs, home, busy);
    REQUIRE(locks);
    CHECK(locks->size() == 3);
    CHECK_FALSE(os::FileLock::try_lock_existing({home, "binstall/crates-v1.json"}));
}

TEST_CASE("a lock on a file that must exist makes none", "[rust]") {
    const support::TempDir directory;
    const os::Directory home = os::ReadFs().open(directory.path());
    CHECK_THROWS_AS(os::FileLock::try_lock_existing({home, "none"}), base::Error);
    CHECK(os::ReadFs().is_empty(home));
}

TEST_CASE("a program that lies in a home counts, and rustup at work blocks", "[rust]") {
    const support::TempDir directory;
    const rust::WatchedHome home{rust::HomeName::rustup, directory / "home", {directory.path()}};
    support::RunningCommand analyzer(
        {.program = sleeper(directory / "home/bin/rust-analyzer"), .arguments = {"60"}});
    support::RunningCommand rustup(
        {.program = sleeper(directory / "home/bin/rustup"), .arguments = {"60"}});
    CHECK(tools_of(home, analyzer.id()) ==
          std::vector<rust::RunningTool>{{analyzer.id(), "rust-analyzer", false, false, false}});
    CHECK(tools_of(home, rustup.id()) ==
          std::vector<rust::RunningTool>{{rustup.id(), "rustup", true, true, true}});
}

TEST_CASE("what may write into a home is told from what only reads", "[rust]") {
    const support::TempDir directory;
    const rust::WatchedHome home{rust::HomeName::cargo, directory / "home", {directory.path()}};
    for (const char* name : {"cargo", "cargo-binstall", "rustup-init"}) {
        support::RunningCommand writer(
            {.program = sleeper(directory / "home/bin" / name), .arguments = {"60"}});
        CHECK(tools_of(home, writer.id()).at(0).may_write);
    }
    for (const char* name : {"rustc", "rustdoc", "cargo-clippy"}) {
        support::RunningCommand reader(
            {.program = sleeper(directory / "home/bin" / name), .arguments = {"60"}});
        CHECK_FALSE(tools_of(home, reader.id()).at(0).may_write);
    }
}

TEST_CASE("a cargo from elsewhere counts by its own CARGO_HOME, never by it alone", "[rust]") {
    const support::TempDir directory;
    const std::string path = (directory / "home").string();
    const rust::WatchedHome home{rust::HomeName::cargo, path, {path}};
    const support::Variables here{{"CARGO_HOME", path}};
    const support::Variables there{{"CARGO_HOME", "/elsewhere"}};
    const support::Variables by_default{{"HOME", directory.path().string()}};
    const auto cargo = sleeper(directory / "usr/bin/cargo");
    const auto editor = sleeper(directory / "usr/bin/editor");
    const auto count = [&](const std::filesystem::path& program,
                           const support::Variables& variables) {
        support::RunningCommand running(
            {.program = program, .arguments = {"60"}, .variables = variables});
        wait_for_variables(running.id());
        return tools_of(home, running.id()).size();
    };
    CHECK(count(cargo, here) == 1);
    CHECK(count(cargo, there) == 0);
    CHECK(count(editor, here) == 0);
    const rust::WatchedHome usual{rust::HomeName::cargo, directory / ".cargo", {}};
    support::RunningCommand running(
        {.program = cargo, .arguments = {"60"}, .variables = by_default});
    wait_for_variables(running.id());
    CHECK(tools_of(usual, running.id()).size() == 1);
}
