#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "support/snapshot.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::difference;
using rehome::support::Snapshot;
using rehome::support::SnapshotOptions;
using rehome::support::take_snapshot;
namespace fs = std::filesystem;

namespace {

// A home in which cargo and rustup have done all that they do.
void use_all(const RustHome& rust, const fs::path& package) {
    rust.release_toolchains("2024-01-01");
    rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
    rust.run("cargo", {"install", "mill"});
    rust.run("cargo", {"build"}, package);
}

std::map<std::string, std::string> build_again(const RustHome& rust, const fs::path& package) {
    return verdicts(rust.run("cargo", {"build", "-v"}, package));
}

// All names below HOME but those in the state directory, where rehome's journals stay.
std::set<std::string> names_but_state(const fs::path& home) {
    std::set<std::string> names;
    for (const auto& [name, entry] : take_snapshot(home, {.except = {".local/state"}})) {
        names.insert(name);
    }
    return names;
}

}  // namespace

TEST_CASE("what was built before stays fresh there and back, nothing is fetched again", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);
    const std::string requests = server.requests();
    CHECK_THAT(requests, Contains("GET /crates/brook/0.1.0/download 200"));

    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(fs::is_symlink(rust.cargo_home() / "registry"));
    CHECK(fs::is_symlink(rust.cargo_home() / "git"));
    CHECK(build_again(rust, package) == all_fresh("package"));
    // Another package takes what is there, too.
    rust.run("cargo", {"build", "--offline"}, make_package(rust, "another"));

    rust.run("rehome", {"rollback", "--yes"});
    CHECK(fs::is_directory(fs::symlink_status(rust.cargo_home() / "registry")));
    CHECK(build_again(rust, package) == all_fresh("package"));
    CHECK(server.requests() == requests);
}

TEST_CASE("a rollback leaves the homes that the real tools made as they were", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    use_all(rust, make_package(rust, "package"));
    fs::create_directories(rust.home() / ".local/state");
    const Snapshot cargo = take_snapshot(rust.cargo_home());
    const Snapshot rustup = take_snapshot(rust.rustup_home());
    const std::set<std::string> names = names_but_state(rust.home());

    rust.run("rehome", {"migrate"});
    CHECK(difference(cargo, take_snapshot(rust.cargo_home())) == "");
    CHECK(difference(rustup, take_snapshot(rust.rustup_home())) == "");
    CHECK(names_but_state(rust.home()) == names);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(difference(cargo, take_snapshot(rust.cargo_home())) != "");
    CHECK(fs::exists(rust.home() / ".config/cargo/config.toml"));
    rust.run("rehome", {"rollback", "--yes"});

    CHECK(difference(cargo, take_snapshot(rust.cargo_home())) == "");
    CHECK(difference(rustup, take_snapshot(rust.rustup_home())) == "");
    CHECK(names_but_state(rust.home()) == names);
}

TEST_CASE("what cargo and rustup made between apply and rollback stays", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    const fs::path package = make_package(rust, "package");
    use_all(rust, package);

    rust.run("rehome", {"migrate", "--apply", "--yes"});
    rust.run("cargo", {"install", "--force", "mill", "--version", "0.1.0"});
    rust.run("cargo", {"add", "flint"}, package);
    rust.run("cargo", {"build"}, package);
    rust.run("rustup", {"toolchain", "install", "beta", "--no-self-update"});
    const std::string requests = server.requests();
    CHECK_THAT(requests, Contains("GET /crates/flint/0.1.0/download 200"));
    rust.run("rehome", {"rollback", "--yes"});

    CHECK(compat_links(rust).empty());
    CHECK(rust.run("cargo", {"install", "--list"}).out == "mill v0.1.0:\n    mill\n");
    CHECK(rust.run("mill", {}).out == "mill 1 grinds 12\n");
    CHECK(rust.run("cargo", {"+beta", "--version"}).out == "cargo 1.0.0 (sample 2024-01-01)\n");
    auto fresh = all_fresh("package");
    fresh["flint"] = "Fresh";
    CHECK(build_again(rust, package) == fresh);
    fs::remove_all(package / "target");
    rust.run("cargo", {"build"}, package);
    CHECK(server.requests() == requests);
}

TEST_CASE("homes that are their data directories migrate and come back", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine, HomesAt::data_directory);
    const fs::path package = make_package(rust, "package");
    use_all(rust, package);
    // The build in between notes there when it used which crate.
    const SnapshotOptions but_for_use{.except = {".global-cache", "."}};
    const Snapshot cargo = take_snapshot(rust.cargo_home(), but_for_use);
    const Snapshot rustup = take_snapshot(rust.rustup_home());

    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(compat_links(rust) ==
          std::vector<std::string>{
              "~/.local/share/cargo/config.toml -> ~/.config/cargo/config.toml",
              "~/.local/share/cargo/git -> ~/.cache/cargo/git",
              "~/.local/share/cargo/registry -> ~/.cache/cargo/registry",
              "~/.local/share/rustup/downloads -> ~/.cache/rustup/downloads",
              "~/.local/share/rustup/settings.toml -> ~/.config/rustup/settings.toml",
              "~/.local/share/rustup/tmp -> ~/.cache/rustup/tmp",
              "~/.local/share/rustup/update-hashes -> ~/.local/state/rustup/update-hashes",
          });
    CHECK(build_again(rust, package) == all_fresh("package"));
    CHECK(rust.run("mill", {}).out == "mill 2 grinds 12\n");

    rust.run("rehome", {"rollback", "--yes"});
    CHECK(difference(cargo, take_snapshot(rust.cargo_home(), but_for_use)) == "");
    CHECK(difference(rustup, take_snapshot(rust.rustup_home())) == "");
    CHECK(build_again(rust, package) == all_fresh("package"));
}
