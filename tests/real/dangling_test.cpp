// Each link that can lead nowhere: what the real cargo and rustup say to it on a migrated home, and
// that they work again after `rehome repair`.

#include "real/kept_home.hpp"
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::CommandResult;
using rehome::support::run;
namespace fs = std::filesystem;

namespace {

// What a command ends with, and what it says among others.
struct Outcome {
    int exit_code = 0;
    std::vector<std::string> says = {};
};

// A home loses something; a command there before and after the repair. Scripts for script().
struct Row {
    std::string damage;
    std::string command;
    Outcome before;
    Outcome after = {};
    std::set<std::string> left = {};  // what the doctor says in the end
};

void check(const RustHome& rust, const Row& row, const Outcome& expected) {
    const CommandResult result = run(script(rust, row.command));
    const std::string text = said(rust, result);
    INFO(text);
    CHECK(result.exit_code == expected.exit_code);
    for (const std::string& part : expected.says) {
        CHECK_THAT(text, Contains(part));
    }
}

// Where links lead, whether anything is there or not.
std::vector<std::string> texts(std::vector<std::string> links) {
    for (std::string& link : links) {
        link = link.substr(0, link.find(" (dangling)"));
    }
    return links;
}

void check_row(const RustHome& rust, const KeptHome& home, const Row& row) {
    INFO(row.damage << ": " << row.command);
    const std::vector<std::string> links = texts(compat_links(rust));
    const auto lose = [&] {
        home.restore();
        succeed(script(rust, row.damage));
    };
    lose();
    {
        INFO("before the repair");
        check(rust, row, row.before);
    }
    // What has worked is done; a command that failed is repeated on what it left.
    if (row.before.exit_code == 0) {
        lose();
    }
    rust.run("rehome", {"repair", "--apply", "--yes"});
    INFO("after the repair");
    check(rust, row, row.after);
    CHECK(texts(compat_links(rust)) == links);
    CHECK(doctor_codes(rust) == row.left);
}

void check_rows(const RustHome& rust, const std::vector<Row>& rows) {
    const KeptHome home(rust);
    for (const Row& row : rows) {
        check_row(rust, home, row);
    }
    home.restore();
}

const std::string exists = "File exists (os error 17)";
const std::string missing = "No such file or directory (os error 2)";
const Outcome works = {0, {}};

const std::string build = "cd package && cargo build";
const std::string build_anew = "rm -rf package/target && " + build;
const std::string fetch = "cd package && cargo fetch";
const std::string log_in = "echo a-token | cargo login --registry brookside";

const Outcome no_git = {101, {"failed to create directory `~/.cargo/git/db/git-", exists}};
const Outcome no_registry = {
    101, {"failed to create directory `~/.cargo/registry/cache/127.0.0.1-", exists}};

std::string install_rust(const RustHome& rust) {
    const Command install = rust.installer();
    return fmt::format("RUSTUP_INIT_SKIP_PATH_CHECK=yes RUSTUP_INIT_SKIP_SUDO_CHECK=yes '{}' -y",
                       install.program.string());
}

}  // namespace

TEST_CASE("cargo works again when a purged cache was repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::string all = "rm -r .cache";
    const Outcome offline = {101, {"you are in the offline mode"}};
    check_rows(
        rust,
        {{all, "cargo --version", works},
         {all, "cargo new another", works},
         {all, "cd package && cargo clean", works},
         {all, "cd package && cargo metadata --no-deps --format-version 1", works},
         {all, build_anew, no_git},
         {all, fetch, no_git},
         {all, "cd package && cargo update", no_git},
         {all, build_anew + " --offline", offline, offline},
         {all, "cargo install mill", no_registry, {0, {"Installed package `mill"}}, {"not_moved"}},
         {all + " && mkdir -p .cache/cargo", fetch, no_git},
         {all + " && mkdir -p .cache/cargo/registry", fetch, no_git},
         {all + " && mkdir -p .cache/cargo/registry .cache/cargo/git", fetch, works}});
}

TEST_CASE("cargo works again when one purged item was repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    const std::string build_beside =
        "rm -rf package/target && cd package && "
        "CARGO_BUILD_BUILD_DIR='{cargo-cache-home}/build/{workspace-path-hash}' cargo build";
    make_package(rust, "package");
    rust.run("cargo", {"new", "plain"});
    succeed(script(rust, build_beside));
    succeed(script(rust, build_anew));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::string registry = "rm -r .cache/cargo/registry";
    const Outcome not_found = {101, {"no matching package named `brook` found"}};
    const Outcome no_build = {101, {"failed to create directory `~/.cargo/build/", exists}};
    check_rows(rust,
               {{registry,
                 build,
                 {101,
                  {"warning: failed to write cache, path: ~/.cargo/registry/index/",
                   exists,
                   no_registry.says.front()}}},
                {registry, build_anew + " --offline", not_found, not_found},
                {registry, "cd plain && cargo build", works},
                {"rm -r .cache/cargo/git", fetch, no_git},
                {"rm -r .cache/cargo/build", build_beside, no_build},
                {"rm -r .cache/cargo/build", build_anew, works}});
}

// Without a link cargo makes it in CARGO_HOME, and it goes where it was before.
TEST_CASE("an item that is gone with its link comes back, and repair moves it", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    succeed(script(rust, "rm -r .cache/cargo/registry .cargo/registry"));
    CHECK(doctor_codes(rust) == std::set<std::string>{"gone"});
    succeed(script(rust, build_anew));
    CHECK(doctor_codes(rust) == std::set<std::string>{"moved_back"});
    rust.run("rehome", {"repair", "--apply", "--yes"});
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
    succeed(script(rust, build_anew + " --offline"));
}

// The programs lie elsewhere, else there would be no cargo without its data.
TEST_CASE("cargo works again when its lost files were repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    succeed(script(rust, "printf '[alias]\nspelled = \"version\"\n' >> .cargo/config.toml"));
    succeed(script(rust, log_in));
    rust.run("cargo", {"install", "mill"});
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome",
             {"migrate", "--apply", "--yes", "--bin-dir", (rust.home() / "programs").string()});
    const std::string data = "rm -r .local/share/cargo";
    const std::string check_secret = " && stat -Lc 'mode %a' .cargo/credentials.toml";
    const std::set<std::string> left = {"env_missing", "purged"};
    const Outcome no_alias = {101, {"no such command: `spelled`"}};
    check_rows(rust,
               {{"rm .local/share/cargo/credentials.toml",
                 log_in + check_secret,
                 {0, {"mode 600"}},
                 {0, {"mode 600"}}},
                {data,
                 log_in + check_secret,
                 {101, {"credential provider `cargo:token` failed action `login`", missing}},
                 {0, {"mode 600"}},
                 left},
                {data, fetch, works, works, left},
                {data,
                 "cargo install --list",
                 {101, {"failed to open: ~/.cargo/.crates.toml", missing}},
                 works,
                 left},
                {data,
                 "cargo install mill --force",
                 {101, {"failed to open: ~/.cargo/.crates.toml", missing}},
                 {0, {"Replaced package `unknown` with `mill"}},
                 left},
                {data,
                 install_rust(rust),
                 {1, {"could not write env file: '~/.cargo/env'", missing}},
                 works,
                 {"purged"}},
                {"rm .config/cargo/config.toml", "cargo spelled", no_alias, no_alias, {"purged"}},
                {"rm -r .config/cargo", "cargo spelled", no_alias, no_alias, {"purged"}}});
}

// With profile 'rfc' toolchains and update-hashes are cache as well.
TEST_CASE("rustup works again when what was purged was repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    succeed(script(rust,
                   "rustup toolchain install stable --component rustfmt --no-self-update && rustup "
                   "default stable"));
    rust.run("rehome", {"migrate", "--apply", "--yes", "--profile", "rfc"});
    const std::string version = "cargo --version";
    const std::string install = "rustup toolchain install beta --no-self-update";
    const std::string remove = "rustup component remove --toolchain stable rustfmt";
    const std::string update = "rustup update --no-self-update";
    const std::string sample = "cargo 1.0.0 (sample 2024-01-01)";
    const Outcome runs = {0, {sample}};
    const Outcome installs = {0, {"beta-x86_64-unknown-linux-gnu installed"}};

    const std::string hashes = "rm -r .cache/rustup/update-hashes";
    const Outcome no_hashes = {
        1, {"could not create update-hash directory: '~/.rustup/update-hashes'", exists}};
    const std::string tmp = "rm -r .cache/rustup/tmp";
    const Outcome no_tmp = {1, {"could not create temp root ~/.rustup/tmp"}};
    const std::string downloads = "rm -r .cache/rustup/downloads";
    check_rows(
        rust,
        {
            {hashes, version, no_hashes, runs},
            {hashes, "cargo +machine --version", works},
            {hashes, install, no_hashes, installs},
            {hashes, remove, works},
            {hashes, update, no_hashes},
            {tmp, version, runs, runs},
            {tmp, install, no_tmp, installs},
            {tmp, remove, no_tmp},
            {tmp, update, no_tmp},
            {downloads, version, runs, runs},
            {downloads,
             install,
             {1, {"could not create Download Directory directory: '~/.rustup/downloads'", exists}},
             installs},
            {downloads, remove, works},
            {downloads, update, works},
        });
}

TEST_CASE("rustup works again when purged toolchains were repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    succeed(script(rust,
                   "rustup toolchain install stable --component rustfmt --no-self-update && rustup "
                   "default stable"));
    rust.run("rehome", {"migrate", "--apply", "--yes", "--profile", "rfc"});
    const std::string version = "cargo --version";
    const Outcome runs = {0, {"cargo 1.0.0 (sample 2024-01-01)"}};
    const std::string toolchains = "rm -r .cache/rustup/toolchains";
    const auto no_toolchain = [](const std::string& name) {
        return Outcome{
            1,
            {"info: downloading",
             fmt::format("could not create component directory: '~/.rustup/toolchains/{}-", name),
             exists}};
    };
    const Outcome nothing = {0, {"no installed toolchains"}};
    check_rows(
        rust,
        {
            {toolchains, version, no_toolchain("stable"), runs},
            {toolchains, "rustup toolchain install beta --no-self-update", no_toolchain("beta")},
            {toolchains,
             "rustup component remove --toolchain stable rustfmt",
             no_toolchain("stable")},
            {toolchains,
             "rustup update --no-self-update",
             {0, {"no updatable toolchains installed"}},
             {0, {"no updatable toolchains installed"}}},
            {toolchains, "rustup toolchain list", nothing, nothing},
            {toolchains,
             fmt::format("rustup toolchain link mine '{}' && cargo +mine --version",
                         machine->toolchain.string()),
             {1, {"could not create toolchains directory: '~/.rustup/toolchains'", exists}},
             {0, {"cargo "}}},
            {toolchains, "rustup toolchain uninstall stable", works},
            {toolchains,
             "rustup show",
             {0, {"no active toolchain"}},
             {0, {"it's the default toolchain"}}},
            {toolchains, "rustup set profile minimal", works},
            {"rm -r .cache",
             version,
             {1, {"could not create update-hash directory", exists}},
             runs},
        });
}

TEST_CASE("rustup works again when its lost settings and programs were repaired", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::string version = "cargo --version";
    const std::string settings = "rm -r .config/rustup";
    const Outcome no_default = {1, {"rustup could not choose a version of cargo to run"}};
    const Outcome no_settings = {
        1, {"could not write settings file: '~/.rustup/settings.toml'", missing}};
    check_rows(
        rust,
        {
            {"rm .config/rustup/settings.toml", version, no_default, no_default},
            {"rm .config/rustup/settings.toml", "rustup default machine && " + version, works},
            {settings, version, no_settings, no_default},
            {settings, "cargo +machine --version", no_settings},
            {settings, "rustup default machine && " + version, no_settings},
            {"rm -r .local/share/cargo/bin",
             install_rust(rust) + " && " + version,
             {1, {"could not create bin directory: '~/.cargo/bin'", exists}}},
        });
}

// No item of ours, so the link is the user's to mend.
TEST_CASE("of a RUSTUP_HOME that leads nowhere the doctor tells, and repair keeps away", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    succeed(script(rust, "mv .rustup aside && ln -s \"$HOME/nowhere\" .rustup"));
    const CommandResult cargo = run(rust.command("cargo", {"--version"}));
    CHECK(cargo.exit_code == 1);
    CHECK_THAT(said(rust, cargo),
               Contains("could not create home directory: '~/.rustup': " + exists));
    CHECK(doctor_codes(rust) == std::set<std::string>{"home_unusable"});
    CHECK(run(rust.command("rehome", {"repair", "--apply", "--yes"})).exit_code == 3);
    succeed(script(rust, "rm .rustup && mv aside .rustup"));
    rust.run("cargo", {"--version"});
    CHECK(doctor_codes(rust).empty());
}

// As the script of the pre-RFC leaves a home: cargo's locks lie in the cache, too. rehome never
// moves them, so it has no journal of these links.
TEST_CASE("with locks in a purged cache the doctor says how cargo works again", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    succeed(script(rust,
                   "for name in .package-cache .package-cache-mutate .global-cache; do "
                   "mv .cargo/$name .cache/cargo/ && "
                   "ln -s \"$HOME/.cache/cargo/$name\" .cargo/$name || exit; done"));
    const KeptHome home(rust);
    CHECK(doctor_codes(rust).empty());
    const Outcome no_lock = {101,
                             {"failed to acquire package cache lock",
                              "failed to open: ~/.cargo/.package-cache",
                              missing}};
    const auto check_command = [&](const std::string& command, const Outcome& outcome) {
        check(rust, {.damage = "", .command = command, .before = {}}, outcome);
    };

    succeed(script(rust, "rm -r .cache/cargo"));
    check_command("cargo --version", works);
    check_command("cd package && cargo metadata --no-deps --format-version 1", works);
    for (const std::string& command : {build,
                                       build + " --offline",
                                       fetch,
                                       std::string("cargo install mill"),
                                       std::string("cd package && cargo update")}) {
        check_command(command, no_lock);
    }
    CHECK(doctor_codes(rust) == std::set<std::string>{"lost_lock", "purged"});
    CHECK(run(rust.command("rehome", {"repair", "--apply", "--yes"})).exit_code == 1);
    CHECK_THAT(said(rust, run(rust.command("rehome", {"doctor"}))),
               Contains("help: rm ~/.cargo/.package-cache\n") &&
                   Contains("help: rm ~/.cargo/.package-cache-mutate\n"));
    succeed(script(rust, "rm ~/.cargo/.package-cache ~/.cargo/.package-cache-mutate"));
    rust.run("rehome", {"repair", "--apply", "--yes"});
    succeed(script(rust, build_anew));
    CHECK(doctor_codes(rust).empty());

    home.restore();
    succeed(script(rust, "rm -r .cache/cargo && mkdir .cache/cargo"));
    check_command(build_anew, no_git);
    rust.run("rehome", {"repair", "--apply", "--yes"});
    succeed(script(rust, build_anew));
    CHECK(fs::exists(rust.home() / ".cache/cargo/.package-cache"));
}

TEST_CASE("without its other files in CARGO_HOME cargo builds, and warns at most", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const auto lead_nowhere = [&](const std::string& name) {
        succeed(script(
            rust, fmt::format("rm .cargo/{0} && ln -s \"$HOME/nowhere/{0}\" .cargo/{0}", name)));
    };
    lead_nowhere(".global-cache");
    CHECK_THAT(succeed(script(rust, build_anew)).err, !Contains("warning"));
    CHECK(doctor_codes(rust).empty());
    lead_nowhere(".package-cache-mutate");
    CHECK_THAT(said(rust, succeed(script(rust, build_anew))),
               Contains("warning: failed to auto-clean cache data") &&
                   Contains("failed to open: ~/.cargo/.package-cache-mutate"));
    CHECK(doctor_codes(rust) == std::set<std::string>{"lost_lock"});
    succeed(script(rust, "rm ~/.cargo/.package-cache-mutate"));
    CHECK_THAT(succeed(script(rust, build_anew)).err, !Contains("warning"));
    CHECK(doctor_codes(rust).empty());
}
