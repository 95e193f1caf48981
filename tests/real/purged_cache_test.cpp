#include "real/package.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace rehome::real;
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

    const std::string build = "cargo build --manifest-path '" + package.string() + "/Cargo.toml'";
    succeed(new_shell(rust, lines, build));
    CHECK(rust.run("cargo", {"run"}, package).out == "1012\n");
    succeed(new_shell(rust, lines, "rustup toolchain install beta --no-self-update"));
    CHECK(fs::exists(rust.home() / ".cache/cargo/registry/src"));
    CHECK(fs::is_symlink(rust.cargo_home() / "registry"));
}
