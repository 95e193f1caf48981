// Each link of cargo's that can lead nowhere: what the real cargo says to it on a migrated home,
// and that it works again after `rehome repair`.

#include "real/loss.hpp"
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace rehome::real;

namespace {

const std::string build = "cd package && cargo build";
const std::string build_anew = "rm -rf package/target && " + build;
const std::string fetch = "cd package && cargo fetch";
const std::string log_in = "echo a-token | cargo login --registry brookside";

const Outcome no_git = {101, {"failed to create directory `~/.cargo/git/db/git-", exists}};
const Outcome no_registry = {
    101, {"failed to create directory `~/.cargo/registry/cache/127.0.0.1-", exists}};

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
    check_losses(
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
    check_losses(rust,
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
    check_losses(rust,
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
                   installer_script(rust),
                   {1, {"could not write env file: '~/.cargo/env'", missing}},
                   works,
                   {"purged"}},
                  {"rm .config/cargo/config.toml", "cargo spelled", no_alias, no_alias, {"purged"}},
                  {"rm -r .config/cargo", "cargo spelled", no_alias, no_alias, {"purged"}}});
}

// Without any rehome, as the script of the pre-RFC does it.
TEST_CASE("of purged caches behind links made by hand the doctor says how cargo works again",
          "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    make_package(rust, "package");
    succeed(script(rust, build));
    succeed(script(rust,
                   "mkdir -p .cache/cargo && mv .cargo/registry .cargo/git .cache/cargo/ && "
                   "ln -s \"$HOME/.cache/cargo/registry\" .cargo/registry && "
                   "ln -s ../.cache/cargo/git .cargo/git"));
    succeed(script(rust, build_anew));
    succeed(script(rust, "rm -r .cache"));
    check_command(rust, build_anew, no_git);
    CHECK(doctor_codes(rust) == std::set<std::string>{"purged"});
    CHECK_THAT(said(rust, rehome::support::run(rust.command("rehome", {"doctor"}))),
               Catch::Matchers::Contains("help: mkdir -p ~/.cache/cargo/registry\n") &&
                   Catch::Matchers::Contains("help: mkdir -p ~/.cache/cargo/git\n"));
    succeed(script(rust, "mkdir -p ~/.cache/cargo/registry ~/.cache/cargo/git"));
    succeed(script(rust, build_anew));
    // What is no longer broken looks as if rehome had made it.
    CHECK(doctor_codes(rust) == std::set<std::string>{"no_journal"});
}
