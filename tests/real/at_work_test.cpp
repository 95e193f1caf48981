#include "real/package.hpp"
#include "real/place.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "real/silent_server.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::CommandResult;
using rehome::support::read_file;
using rehome::support::run;
using rehome::support::RunningCommand;
using rehome::support::write_file;
namespace fs = std::filesystem;

namespace {

// At work until the package holds a file 'go'; then it notes what it finds in CARGO_HOME.
constexpr const char* waiting_build_script = R"(
use std::{env, fs, path::Path, thread, time::Duration};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    fs::write("started", "").unwrap();
    for _ in 0..6000 {
        if Path::new("go").exists() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let registry = Path::new(&env::var_os("CARGO_HOME").unwrap()).join("registry");
    let is_link = fs::symlink_metadata(registry).unwrap().is_symlink();
    fs::write("registry", if is_link { "link" } else { "directory" }).unwrap();
}
)";

// Returns when it says so on stderr, or has ended.
bool says(RunningCommand& command, std::string_view text) {
    const auto has_said = [&] { return command.err_so_far().find(text) != std::string::npos; };
    return eventually([&] { return has_said() || !command.is_running(); }) && has_said();
}

// Starts a build, then the command, and lets the build end when the command waits for it. Returns
// what the registry was at the end of the build's work.
std::string registry_during_build(const RustHome& rust, std::string_view name,
                                  const std::vector<std::string>& arguments) {
    const fs::path package = make_package(rust, name, waiting_build_script);
    RunningCommand build(rust.command("cargo", {"build"}, package));
    REQUIRE(eventually([&] { return fs::exists(package / "started"); }));
    RunningCommand command(rust.command("rehome", arguments));
    CHECK(says(command, "package cache"));
    write_file(package / "go", "");

    const CommandResult built = build.wait();
    const CommandResult done = command.wait();
    INFO(built.err << done.err);
    CHECK(built.exit_code == 0);
    CHECK(done.exit_code == 0);
    return read_file(package / "registry");
}

// Migrates and goes back until there is a file 'enough'; then says how often. An end with one of
// the codes of `again` is no failure: it tries again.
Command move_to_and_fro(const RustHome& rust, const std::vector<std::string>& migrate,
                        const std::string& again) {
    Command shell = rust.command("sh", {});
    shell.program = "/bin/sh";
    shell.arguments = {"-c",
                       "rehome=$0 again=$1\n"
                       "shift\n"
                       "rehome() {\n"
                       "    until \"$rehome\" \"$@\" >&2; do\n"
                       "        case $? in [$again]) ;; *) exit 1 ;; esac\n"
                       "    done\n"
                       "}\n"
                       "until [ -e enough ]; do\n"
                       "    rehome \"$@\"\n"
                       "    rehome rollback --yes\n"
                       "    rounds=$((rounds + 1))\n"
                       "done\n"
                       "echo $rounds\n",
                       rehome::support::rehome_binary(),
                       again};
    shell.arguments.insert(shell.arguments.end(), migrate.begin(), migrate.end());
    return shell;
}

// Appends a line after the other to a file of the registry until there is a file 'enough'; then
// says how many.
Command write_lines(const RustHome& rust) {
    Command shell = rust.command("sh", {});
    shell.program = "/bin/sh";
    shell.arguments = {"-c",
                       "until [ -e enough ]; do\n"
                       "    lines=$((lines + 1))\n"
                       "    echo $lines >>.cargo/registry/lines\n"
                       "    sleep 0.1\n"
                       "done\n"
                       "echo $lines\n"};
    return shell;
}

// Of the numbers up to `count` those that no version of the file has.
std::vector<int> missing_lines(const fs::path& file, int count) {
    std::set<int> found;
    for (const auto& entry : fs::directory_iterator(file.parent_path())) {
        if (entry.path().filename().string().starts_with(file.filename().string())) {
            std::istringstream lines(read_file(entry.path()));
            found.insert(std::istream_iterator<int>(lines), {});
        }
    }
    std::vector<int> missing;
    for (int line = 1; line <= count; ++line) {
        if (!found.contains(line)) {
            missing.push_back(line);
        }
    }
    return missing;
}

// Programs that write into items all the time that these are copied to and fro.
void check_writers_lose_nothing(TargetsLieOn where) {
    const auto machine = machine_with_rust();
    const auto place = machine ? place_or_skip(where) : nullptr;
    if (!place) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    fs::create_directory(rust.rustup_home() / "tmp");
    rust.run("cargo", {"install", "mill", "--version", "0.1.0"});

    RunningCommand writer(write_lines(rust));
    // What goes on changing while it is copied is put back (1): then once more.
    RunningCommand mover(move_to_and_fro(rust, place->migrate(), "14"));
    for (int round = 1; round <= 8; ++round) {
        auto login = rust.command("cargo", {"login", "--registry", "brookside"});
        login.input = "token-" + std::to_string(round) + "\n";
        succeed(login);
        const std::string version = round % 2 == 0 ? "0.1.0" : "0.2.0";
        rust.run("cargo", {"install", "mill", "--version", version});
        const std::string profile = round % 2 == 0 ? "minimal" : "complete";
        rust.run("rustup", {"set", "profile", profile});
        CHECK(rust.run("rustup", {"show", "profile"}).out == profile + "\n");
        CHECK_THAT(read_file(rust.cargo_home() / "credentials.toml"),
                   Contains("\"token-" + std::to_string(round) + "\""));
        CHECK_THAT(rust.run("cargo", {"install", "--list"}).out, Contains("mill v" + version));
    }
    write_file(rust.home() / "enough", "");
    const CommandResult written = writer.wait();
    const CommandResult moved = mover.wait();

    INFO(moved.err);
    CHECK(written.err == "");
    CHECK(moved.exit_code == 0);
    CHECK(std::stoi(moved.out) > 0);
    CHECK(missing_lines(rust.cargo_home() / "registry/lines", std::stoi(written.out)).empty());
    CHECK_THAT(read_file(rust.cargo_home() / "credentials.toml"), Contains("\"token-8\""));
    CHECK(rust.run("rustup", {"show", "profile"}).out == "minimal\n");
    CHECK(rust.run("mill", {}).out == "mill 1 grinds 12\n");
}

}  // namespace

TEST_CASE("a running build is waited for, there and back", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path registry = rust.cargo_home() / "registry";

    CHECK(registry_during_build(rust, "first", {"migrate", "--apply", "--yes", "--wait", "60"}) ==
          "directory");
    CHECK(fs::is_symlink(registry));
    CHECK(registry_during_build(rust, "second", {"rollback", "--yes", "--wait", "60"}) == "link");
    CHECK_FALSE(fs::is_symlink(registry));
}

TEST_CASE("builds one after the other do not break while homes move to and fro", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);

    const std::string legacy = GENERATE("keep", "link");
    RunningCommand mover(
        move_to_and_fro(rust, {"migrate", "--apply", "--yes", "--legacy-home", legacy}, "4"));
    for (int builds = 0; builds < 10; ++builds) {
        fs::remove_all(package / "target");
        rust.run("cargo", {"build"}, package);
    }
    write_file(rust.home() / "enough", "");
    const CommandResult moved = mover.wait();

    INFO(moved.err);
    CHECK(moved.exit_code == 0);
    CHECK(std::stoi(moved.out) > 0);
}

TEST_CASE("programs that write while items are copied to a tmpfs lose nothing", "[real]") {
    check_writers_lose_nothing(TargetsLieOn::tmpfs);
}

TEST_CASE("programs that write while items are copied to an ext4 lose nothing", "[real]") {
    check_writers_lose_nothing(TargetsLieOn::ext4);
}

TEST_CASE("rustup at work is waited for, and named where that takes too long", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    std::optional<SilentServer> server(std::in_place);
    Command slow = rust.command("rustup", {"toolchain", "install", "stable"});
    slow.variables["RUSTUP_DIST_SERVER"] = server->address();
    RunningCommand install(slow);
    REQUIRE(eventually([&] { return fs::exists(rust.rustup_home() / "tmp"); }));

    const CommandResult busy =
        run(rust.command("rehome", {"migrate", "--apply", "--yes", "--wait", "1"}));
    CHECK(busy.exit_code == 4);
    CHECK_THAT(busy.err, Contains("rustup") && Contains(std::to_string(install.id())));
    CHECK(compat_links(rust).empty());
    CHECK(install.is_running());

    RunningCommand apply(rust.command("rehome", {"migrate", "--apply", "--yes", "--wait", "60"}));
    CHECK(says(apply, "rustup"));
    CHECK(compat_links(rust).empty());
    server.reset();
    install.wait();
    const CommandResult applied = apply.wait();
    INFO(applied.err);
    CHECK(applied.exit_code == 0);
    rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
    CHECK(rust.run("cargo", {"+stable", "--version"}).out == "cargo 1.0.0 (sample 2024-01-01)\n");
}
