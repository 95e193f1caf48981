#include "real/kept_home.hpp"
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::run;
namespace fs = std::filesystem;

namespace {

// A new shell that knows nothing but HOME and the lines of its start-up file.
Command new_shell(const RustHome& rust, const fs::path& lines, const std::string& script) {
    Command shell = rust.command("bash", {"--noprofile", "--norc", "-c"});
    shell.program = rehome::support::which("bash").value();
    shell.arguments.push_back(". '" + lines.string() + "' && " + script);
    shell.variables["PATH"] = rust.path_without_rust();
    return shell;
}

const std::string build = "cd package && cargo build";

// What the user sets up once, what happens after the caches are gone, and nothing else: from then
// on cargo and rustup work again. Both are scripts for script().
struct Healer {
    std::string preparation;
    std::string healing;
};

void check_heals(const Healer& healer) {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    rust.release_toolchains("2024-01-01");
    succeed(script(rust, "rustup toolchain install stable --no-self-update"));
    make_package(rust, "package");
    succeed(script(rust, build));
    fs::create_directories(rust.home() / ".local/bin");
    fs::create_symlink(rehome::support::rehome_binary(), rust.home() / ".local/bin/rehome");
    const std::string path =
        fmt::format("PATH=\"$HOME/.local/bin:{}\"; ", rust.path_without_rust());
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    succeed(script(rust, path + healer.preparation));
    const std::string download = "GET /crates/brook/0.1.0/download 200";
    const auto downloads = [&] {
        const std::string requests = server.requests();
        std::size_t number = 0;
        for (std::size_t at = requests.find(download); at != std::string::npos;
             at = requests.find(download, at + 1)) {
            ++number;
        }
        return number;
    };
    REQUIRE(downloads() == 1);

    fs::remove_all(rust.home() / ".cache");
    fs::remove_all(rust.home() / "package/target");
    CHECK(run(script(rust, build)).exit_code == 101);
    const std::string install = "rustup toolchain install beta --no-self-update";
    CHECK(run(script(rust, install)).exit_code == 1);
    CHECK(downloads() == 1);

    succeed(script(rust, path + healer.healing));
    CHECK(doctor_codes(rust).empty());
    succeed(script(rust, build));
    CHECK(downloads() == 2);
    CHECK(rust.run("cargo", {"run"}, rust.home() / "package").out == "1012\n");
    succeed(script(rust, install));
}

void check_shell_heals(const std::string& shell) {
    if (!rehome::support::which(shell)) {
        fmt::print("SKIPPED: {} is not installed\n", shell);
        return;
    }
    check_heals(
        {"rehome env install --shell " + shell + " --yes", shell + " -i -c true </dev/null"});
}

}  // namespace

TEST_CASE("a new shell with our lines works again after the caches were purged", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const fs::path lines = rust.home() / "lines";
    rehome::support::write_file(lines, rust.run("rehome", {"print-env", "bash"}).out);

    fs::remove_all(rust.home() / ".cache");
    fs::remove_all(package / "target");
    const Command cargo = rust.command("cargo", {"build"}, package);
    CHECK(run(cargo).exit_code != 0);  // without the lines

    const std::string build_there =
        "cargo build --manifest-path '" + package.string() + "/Cargo.toml'";
    succeed(new_shell(rust, lines, build_there));
    CHECK(rust.run("cargo", {"run"}, package).out == "1012\n");
    succeed(new_shell(rust, lines, "rustup toolchain install beta --no-self-update"));
    CHECK(fs::exists(rust.home() / ".cache/cargo/registry/src"));
    CHECK(fs::is_symlink(rust.cargo_home() / "registry"));
}

// /etc/profile may have set PATH anew.
TEST_CASE("purged caches are healed by a new login shell alone", "[real]") {
    check_heals({"echo 'PATH=\"$HOME/.local/bin:$PATH\"' >> .profile && "
                 "rehome env install --shell bash --yes",
                 "bash -l -c true"});
}

TEST_CASE("purged caches are healed by a new interactive shell alone", "[real]") {
    check_heals({"rehome env install --shell bash --yes", "bash -i -c true"});
}

TEST_CASE("purged caches are healed by a new zsh alone", "[real]") {
    check_shell_heals("zsh");
}

TEST_CASE("purged caches are healed by a new fish alone", "[real]") {
    check_shell_heals("fish");
}

TEST_CASE("purged caches are healed by a new tcsh alone", "[real]") {
    check_shell_heals("tcsh");
}

TEST_CASE("purged caches are healed by a new xonsh alone", "[real]") {
    check_shell_heals("xonsh");
}

TEST_CASE("purged caches are healed by a repair alone", "[real]") {
    check_heals({"true", "rehome repair --apply --yes"});
}

TEST_CASE("purged caches are healed by systemd-tmpfiles alone", "[real]") {
    if (!rehome::support::which("systemd-tmpfiles")) {
        fmt::print("SKIPPED: systemd-tmpfiles is not installed\n");
        return;
    }
    const std::string lines = "~/.config/user-tmpfiles.d/rehome.conf";
    check_heals({"mkdir -p ~/.config/user-tmpfiles.d && rehome print-env tmpfiles > " + lines,
                 "systemd-tmpfiles --user --create " + lines});
}

// What cargo unpacks and checks out is gone, what it needs for that is state.
TEST_CASE("with profile tiered a build without a network survives a purge", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    {
        const RegistryServer server(rust);
        make_package(rust, "package");
        make_package(rust, "another");
        succeed(script(rust, build));
        rust.run("rehome", {"migrate", "--apply", "--yes", "--profile", "tiered"});
    }
    fs::remove_all(rust.home() / ".cache");
    CHECK(doctor_codes(rust) == std::set<std::string>{"purged"});
    // What was built is not touched; all else needs what was unpacked.
    const std::string offline = "rm -rf target && cargo build --offline";
    const auto result = run(script(rust, "cd package && " + offline));
    CHECK(result.exit_code == 101);
    CHECK_THAT(said(rust, result), Contains("File exists (os error 17)"));
    rust.run("rehome", {"repair", "--apply", "--yes"});
    succeed(script(rust, "cd package && " + offline));
    succeed(script(rust, "cd another && " + offline));
    CHECK(doctor_codes(rust).empty());
    CHECK(fs::exists(rust.home() / ".local/state/cargo/registry/index"));
    CHECK_FALSE(fs::exists(rust.home() / ".cache/cargo/registry/index"));
}
