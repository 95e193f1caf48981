// What happens to the links themselves: what the real tools write through them, what they make
// beside them, and what editors put in their place; and what a repair makes of it.

#include "real/kept_home.hpp"
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::read_file;
using rehome::support::write_file;
namespace fs = std::filesystem;

namespace {

using Codes = std::set<std::string>;

const std::string build = "cd package && rm -rf target && cargo build";

// Beside the toolchain of the tests; links it as 'nightly-here'. False where there is none; then it
// has printed SKIPPED.
bool link_nightly(const RustHome& rust, const Machine& machine) {
    for (const auto& entry : fs::directory_iterator(machine.toolchain.parent_path())) {
        if (entry.path().filename().string().starts_with("nightly-") &&
            fs::exists(entry.path() / "bin/cargo")) {
            rust.run("rustup", {"toolchain", "link", "nightly-here", entry.path().string()});
            return true;
        }
    }
    fmt::print("SKIPPED: no nightly toolchain on this machine\n");
    return false;
}

// As if nothing in the caches had been used for 200 days.
void age_caches(const RustHome& rust) {
    const std::string text =
        "import sqlite3\n"
        "day = 86400\n"
        "base = sqlite3.connect('" +
        (rust.cargo_home() / ".global-cache").string() +
        "')\n"
        "for table in ('registry_index', 'registry_crate', 'registry_src', 'git_db',\n"
        "              'git_checkout'):\n"
        "    base.execute(f'UPDATE {table} SET timestamp = timestamp - 200 * {day}')\n"
        "base.execute(f'UPDATE global_data SET last_auto_gc = last_auto_gc - 200 * {day}')\n"
        "base.commit()\n";
    Command python = rust.command("python3", {"-c", text});
    python.program = rehome::support::which("python3").value();
    succeed(python);
}

std::size_t crates_in_cache(const RustHome& rust) {
    std::size_t number = 0;
    for (const auto& entry :
         fs::recursive_directory_iterator(rust.home() / ".cache/cargo/registry")) {
        number += entry.path().extension() == ".crate" ? 1 : 0;
    }
    return number;
}

// Something takes the place of a link; what a command says before the repair it says after it.
struct Replacement {
    std::string item;
    std::string edit;
    std::string command;
    std::string says;
};

}  // namespace

TEST_CASE("cargo's own collector deletes old downloads behind the links, not the links", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    make_package(rust, "package");
    rust.run("cargo", {"new", "plain"});
    succeed(script(rust, build));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    REQUIRE(crates_in_cache(rust) == 2);
    age_caches(rust);
    succeed(script(rust, "cd plain && cargo build"));
    CHECK(crates_in_cache(rust) == 0);
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
    succeed(script(rust, build));
    CHECK(crates_in_cache(rust) == 2);
    CHECK(fs::is_regular_file(fs::symlink_status(rust.cargo_home() / ".global-cache")));
}

TEST_CASE("a nightly cargo collects, runs scripts and keeps its log through the links", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    if (!link_nightly(rust, *machine)) {
        return;
    }
    const RegistryServer server(rust);
    make_package(rust, "package");
    write_file(rust.home() / "hello.rs", "fn main() {\n    println!(\"a script\");\n}\n");
    succeed(script(rust, build));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::string run_script = "cargo +nightly-here -Zscript hello.rs";
    const std::string keep_log = "cd package && CARGO_BUILD_ANALYSIS_ENABLED=true "
                                 "cargo +nightly-here -Zbuild-analysis build";
    const std::string report = "cd package && cargo +nightly-here -Zbuild-analysis report sessions";
    CHECK(succeed(script(rust, run_script)).out == "a script\n");
    succeed(script(rust, keep_log));
    for (const char* item : {"build", "log"}) {
        CHECK(fs::is_directory(fs::symlink_status(rust.cargo_home() / item)));
    }
    CHECK(doctor_codes(rust) == Codes{"not_moved"});

    rust.run("rehome", {"repair", "--apply", "--yes"});
    CHECK(fs::read_symlink(rust.cargo_home() / "build") == rust.home() / ".cache/cargo/build");
    CHECK(fs::read_symlink(rust.cargo_home() / "log") == rust.home() / ".local/state/cargo/log");
    const std::vector<std::string> links = compat_links(rust);
    CHECK(succeed(script(rust, run_script)).out == "a script\n");
    const auto sessions = [&] {
        const std::string text = said(rust, succeed(script(rust, report)));
        std::size_t number = 0;
        for (std::size_t at = text.find("\n - "); at != std::string::npos;
             at = text.find("\n - ", at + 1)) {
            ++number;
        }
        return number;
    };
    CHECK(sessions() == 1);
    succeed(script(rust, keep_log));
    CHECK(sessions() == 2);
    succeed(script(rust, "cargo +nightly-here clean gc -Zgc --max-download-age=0days"));
    CHECK(crates_in_cache(rust) == 0);
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
    succeed(script(rust, build));
}

TEST_CASE("links that the user has written again, relative, serve as well", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    make_package(rust, "package");
    succeed(script(rust, build));
    succeed(script(rust, "rustup toolchain install stable --no-self-update"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    for (const fs::path& home : {rust.cargo_home(), rust.rustup_home()}) {
        for (const auto& entry : fs::directory_iterator(home)) {
            if (entry.is_symlink()) {
                const fs::path target = fs::read_symlink(entry.path());
                fs::remove(entry.path());
                fs::create_symlink(target.lexically_relative(home), entry.path());
            }
        }
    }
    const std::vector<std::string> links = compat_links(rust);
    REQUIRE(links.front().find(" -> ../.") != std::string::npos);
    const auto use = [&] {
        succeed(script(rust, build));
        succeed(script(rust, "cargo install --force mill"));
        succeed(
            script(rust, "cargo uninstall mill && rm .cargo/.crates.toml .cargo/.crates2.json"));
        succeed(script(rust, "rustup default stable && rustup default machine"));
        succeed(script(rust, "rustup toolchain install beta --no-self-update"));
        succeed(script(rust, "rustup toolchain uninstall beta"));
        CHECK(compat_links(rust) == links);
        CHECK(doctor_codes(rust).empty());
    };
    use();
    const KeptHome home(rust);
    fs::remove_all(rust.home() / ".cache");
    CHECK(doctor_codes(rust) == Codes{"purged"});
    rust.run("rehome", {"repair", "--apply", "--yes"});
    use();
    home.restore();
    rust.run("rehome", {"rollback", "--yes"});
    CHECK(compat_links(rust) == std::vector<std::string>{});
    succeed(script(rust, build));
}

TEST_CASE("rustup-init writes through the link of env, and what it makes anew is moved", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    const fs::path env = rust.home() / ".local/share/cargo/env";
    const std::string text = read_file(env);
    write_file(env, "# lost\n");
    // A shell that was not there before: rustup looks no further than whether there is one.
    write_file(rust.home() / "shells/nu", "#!/bin/sh\n");
    fs::permissions(rust.home() / "shells/nu", fs::perms::owner_all);
    const std::string install = "PATH=\"$HOME/shells:$PATH\"; " + installer_script(rust);
    succeed(script(rust, install));
    CHECK(read_file(env) == text);
    const fs::path env_of_nu = rust.cargo_home() / "env.nu";
    REQUIRE(fs::is_regular_file(fs::symlink_status(env_of_nu)));
    CHECK(compat_links(rust) == links);
    CHECK(read_file(rust.home() / ".profile") == ". \"$HOME/.cargo/env\"\n");
    CHECK(doctor_codes(rust) == Codes{"not_moved"});

    rust.run("rehome", {"repair", "--apply", "--yes"});
    CHECK(fs::read_symlink(env_of_nu) == rust.home() / ".local/share/cargo/env.nu");
    const std::string text_for_nu = read_file(env_of_nu);
    write_file(rust.home() / ".local/share/cargo/env.nu", "# lost\n");
    succeed(script(rust, install));
    CHECK(read_file(rust.home() / ".local/share/cargo/env.nu") == text_for_nu);
    CHECK(read_file(rust.home() / ".profile") == ". \"$HOME/.cargo/env\"\n");
    CHECK(doctor_codes(rust).empty());
}

TEST_CASE("what a self-update leaves behind the link of bin the next rustup removes", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_rustup("1000.0.0");
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    const fs::path bin = rust.home() / ".local/share/cargo/bin";
    write_file(bin / "my-own", "x");
    rust.run("rustup", {"self", "update"});
    CHECK(fs::exists(bin / "rustup-init"));
    CHECK(fs::is_regular_file(fs::symlink_status(bin / "rustup")));
    rust.run("rustup", {"--version"});
    CHECK_FALSE(fs::exists(bin / "rustup-init"));
    CHECK(fs::exists(bin / "my-own"));
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
}

TEST_CASE("what an editor has put in a link's place counts, and goes on to count", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    rust.run("cargo", {"install", "mill"});
    succeed(script(rust, "echo a-token | cargo login --registry brookside"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    const KeptHome home(rust);
    // Each in the way of another program: sed writes a new file and renames it over the name, so do
    // many editors; others move the old file away, or remove it first.
    const std::vector<Replacement> replacements = {
        {".cargo/config.toml",
         "printf '\\n[alias]\\nspelled = \"version\"\\n' > more && "
         "sed -i '$r more' .cargo/config.toml",
         "cargo spelled",
         "cargo 1."},
        {".cargo/config.toml",
         "cp .cargo/config.toml new && mv .cargo/config.toml .cargo/config.toml~ && "
         "printf '\\n[alias]\\nspelled = \"version\"\\n' >> new && mv new .cargo/config.toml && "
         "rm .cargo/config.toml~",
         "cargo spelled",
         "cargo 1."},
        {".rustup/settings.toml",
         "sed -i 's/^profile.*/profile = \"complete\"/' .rustup/settings.toml",
         "rustup show profile",
         "complete"},
        {".cargo/.crates.toml",
         "cp .cargo/.crates.toml new && rm .cargo/.crates.toml && "
         "sed 's/0\\.2\\.0/0.1.9/' new > .cargo/.crates.toml && "
         "rm .cargo/.crates2.json && echo '{\"installs\":{}}' > .cargo/.crates2.json",
         "cargo install --list",
         "mill v0.1.9:"},
        {".cargo/credentials.toml",
         "sed -i 's/a-token/another/' .cargo/credentials.toml",
         "cat .cargo/credentials.toml && stat -Lc 'mode %a' .cargo/credentials.toml",
         "another"},
        {".cargo/env", "sed -i '1i # mine' .cargo/env", "cat .cargo/env && . .cargo/env", "# mine"},
    };
    for (const Replacement& each : replacements) {
        INFO(each.edit);
        home.restore();
        succeed(script(rust, each.edit));
        REQUIRE_FALSE(fs::is_symlink(rust.home() / each.item));
        CHECK(doctor_codes(rust) == Codes{"link_replaced"});
        CHECK_THAT(succeed(script(rust, each.command)).out, Contains(each.says));
        rust.run("rehome", {"repair", "--apply", "--yes"});
        CHECK(fs::is_symlink(rust.home() / each.item));
        CHECK_THAT(succeed(script(rust, each.command)).out, Contains(each.says));
        CHECK(compat_links(rust) == links);
        CHECK(doctor_codes(rust).empty());
        rust.run("cargo", {"install", "--list"});
    }
}

// A link that leads to our target counts as ours in every other case.
TEST_CASE("a rollback of what was purged leaves no relative link either", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    succeed(script(rust, "rustup toolchain install stable --no-self-update"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const fs::path tmp = rust.rustup_home() / "tmp";
    fs::remove(tmp);
    fs::create_symlink("../.cache/rustup/tmp", tmp);
    fs::remove_all(rust.home() / ".cache");
    rust.run("rehome", {"rollback", "--yes"});
    CHECK(compat_links(rust) == std::vector<std::string>{});
    succeed(script(rust, "rustup toolchain install beta --no-self-update"));
}
