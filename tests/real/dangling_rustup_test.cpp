// Each link of rustup's that can lead nowhere, as dangling_test.cpp has it of cargo's.

#include "real/loss.hpp"
#include "real/rust_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::CommandResult;
using rehome::support::run;

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
    check_losses(
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
    check_losses(
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
    check_losses(
        rust,
        {
            {"rm .config/rustup/settings.toml", version, no_default, no_default},
            {"rm .config/rustup/settings.toml", "rustup default machine && " + version, works},
            {settings, version, no_settings, no_default},
            {settings, "cargo +machine --version", no_settings},
            {settings, "rustup default machine && " + version, no_settings},
            {"rm -r .local/share/cargo/bin",
             installer_script(rust) + " && " + version,
             {1, {"could not create bin directory: '~/.cargo/bin'", exists}}},
        });
}

// The state directory holds update-hashes, and rehome's journals.
TEST_CASE("where the state went with the journals the doctor says how rustup works again",
          "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    succeed(
        script(rust, "rustup toolchain install stable --no-self-update && rustup default stable"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    succeed(script(rust, "rm -r .local/state"));
    check_command(rust, "cargo --version", {1, {"could not create update-hash directory", exists}});
    CHECK(doctor_codes(rust) == std::set<std::string>{"no_journal", "purged"});
    CHECK_THAT(run(rust.command("rehome", {"doctor"})).out,
               Contains("help: mkdir -p ~/.local/state/rustup/update-hashes\n"));
    succeed(script(rust, "mkdir -p ~/.local/state/rustup/update-hashes"));
    check_command(rust, "cargo --version", works);
    CHECK(doctor_codes(rust) == std::set<std::string>{"no_journal"});
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
               Contains(std::string("could not create home directory: '~/.rustup': ") + exists));
    CHECK(doctor_codes(rust) == std::set<std::string>{"home_unusable"});
    CHECK(run(rust.command("rehome", {"repair", "--apply", "--yes"})).exit_code == 3);
    succeed(script(rust, "rm .rustup && mv aside .rustup"));
    rust.run("cargo", {"--version"});
    CHECK(doctor_codes(rust).empty());
}
