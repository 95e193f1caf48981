// What status, doctor and uninstall-check say, against what the real tools do.
#include "base/json.hpp"
#include "real/package.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::CommandResult;
using rehome::support::run;
namespace fs = std::filesystem;
namespace json = rehome::base::json;

namespace {

json::value document(const CommandResult& result) {
    INFO(result.out << result.err);
    return rehome::base::parse_json(result.out);
}

// Runs the doctor; changes nothing.
json::array findings(const RustHome& rust) {
    const auto before = rehome::support::take_snapshot(rust.home());
    const json::value found = document(run(rust.command("rehome", {"doctor", "--json"})));
    CHECK(rehome::support::difference(before, rehome::support::take_snapshot(rust.home())) == "");
    return found.at("findings").as_array();
}

std::vector<std::string> codes(const json::array& findings) {
    std::vector<std::string> codes;
    for (const json::value& finding : findings) {
        codes.emplace_back(finding.at("code").as_string());
    }
    return codes;
}

using Codes = std::vector<std::string>;

void follow_help(const RustHome& rust, const json::array& findings) {
    for (const json::value& finding : findings) {
        const std::string help(finding.at("help").as_string());
        if (help == "rehome repair --apply") {
            rust.run("rehome", {"repair", "--apply", "--yes"});
            continue;
        }
        Command shell = rust.command("sh", {"-c", help});
        shell.program = "/bin/sh";
        succeed(shell);
    }
}

std::vector<fs::path> paths(const json::value& list) {
    std::vector<fs::path> paths;
    for (const json::value& path : list.as_array()) {
        paths.emplace_back(std::string(path.as_string()));
    }
    return paths;
}

}  // namespace

TEST_CASE("what the doctor says mends a purged cache for the real tools", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(codes(findings(rust)) == Codes{});
    CHECK_THAT(rust.run("rehome", {"status"}).out, Contains(", of toolchain machine"));

    fs::remove_all(rust.home() / ".cache");
    fs::remove_all(package / "target");
    CHECK(run(rust.command("cargo", {"build"}, package)).exit_code != 0);
    const json::array found = findings(rust);
    REQUIRE_FALSE(found.empty());
    CHECK(codes(found) == Codes(found.size(), "purged"));
    follow_help(rust, found);
    CHECK(codes(findings(rust)) == Codes{});
    rust.run("cargo", {"build"}, package);
}

TEST_CASE("the real tools run by links in a directory that others share", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path package = make_package(rust, "package");
    const fs::path shared = rust.home() / ".local/bin";
    rust.run("rehome", {"migrate", "--apply", "--yes", "--bin-links", shared.string()});
    Command cargo = rust.command("cargo", {"build"}, package);
    cargo.program = shared / "cargo";
    cargo.variables["PATH"] = shared.string() + ":" + rust.path_without_rust();
    succeed(cargo);
    cargo.arguments = {"install", "mill"};
    succeed(cargo);
    // cargo makes its list of installed programs with the first of them.
    CHECK(codes(findings(rust)) == Codes{"not_moved", "program_links"});
    rust.run("rehome", {"repair", "--apply", "--yes"});
    Command mill = cargo;
    mill.program = shared / "mill";
    mill.arguments = {};
    CHECK(succeed(mill).out == "mill 2 grinds 12\n");
    cargo.arguments = {"uninstall", "mill"};
    succeed(cargo);
    rust.run("rehome", {"repair", "--apply", "--yes"});
    CHECK_FALSE(fs::is_symlink(shared / "mill"));
    CHECK(codes(findings(rust)) == Codes{});
}

TEST_CASE("sed -i on config.toml is found, and mended with what it wrote", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    Command sed =
        rust.command("sed", {"-i", "1i # edited", (rust.cargo_home() / "config.toml").string()});
    sed.program = rehome::support::which("sed").value();
    succeed(sed);
    REQUIRE_FALSE(fs::is_symlink(rust.cargo_home() / "config.toml"));
    CHECK(run(rust.command("rehome", {"status"})).exit_code == 6);
    const json::array found = findings(rust);
    CHECK(codes(found) == Codes{"link_replaced"});
    follow_help(rust, found);
    CHECK(codes(findings(rust)) == Codes{});
    CHECK(fs::is_symlink(rust.cargo_home() / "config.toml"));
    CHECK_THAT(rehome::support::read_file(rust.home() / ".config/cargo/config.toml"),
               Contains("# edited"));
}

TEST_CASE("cargo applies the configuration of two homes, and the doctor knows", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path config = rust.cargo_home() / "config.toml";
    rehome::support::write_file(config,
                                rehome::support::read_file(config) +
                                    "\n[build]\nrustflags = [\"--cfg\", \"seen\"]\n");
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);
    fs::remove_all(package / "target");
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const fs::path other = rust.home() / "other";
    fs::create_directory(other);
    fs::copy_file(config, other / "config.toml");

    const auto times_applied = [&](const std::string& cargo_home) {
        Command build = rust.command("cargo", {"build", "-v"}, package);
        build.variables["CARGO_HOME"] = cargo_home;
        const std::string said = succeed(build).err;
        const std::size_t begin = said.find("--crate-name package");
        REQUIRE(begin != std::string::npos);
        const std::string line = said.substr(begin, said.find('\n', begin) - begin);
        std::size_t times = 0;
        for (std::size_t at = line.find("--cfg seen"); at != std::string::npos;
             at = line.find("--cfg seen", at + 1)) {
            ++times;
        }
        return times;
    };
    CHECK(times_applied(rust.cargo_home().string()) == 1);
    CHECK(codes(findings(rust)) == Codes{});
    fs::remove_all(package / "target");
    CHECK(times_applied(other.string()) == 2);
    Command doctor = rust.command("rehome", {"doctor", "--json"});
    doctor.variables["CARGO_HOME"] = other.string();
    CHECK(codes(document(run(doctor)).at("findings").as_array()) == Codes{"double_configuration"});
}

TEST_CASE("rustup self uninstall does what uninstall-check has said", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    for (const bool is_split : {false, true}) {
        const RustHome rust(*machine);
        rust.release_toolchains("2024-01-01");
        rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
        rehome::support::write_file(rust.cargo_home() / "bin/my-own", "x");
        rehome::support::write_file(rust.cargo_home() / "notes", "x");
        if (is_split) {
            rust.run("rehome", {"migrate", "--apply", "--yes"});
        }
        const CommandResult check = run(rust.command("rehome", {"uninstall-check", "--json"}));
        CHECK(check.exit_code == (is_split ? 6 : 0));
        const json::value said = document(check);
        const std::vector<fs::path> deleted = paths(said.at("deleted"));
        const std::vector<fs::path> programs = paths(said.at("programs"));
        const std::vector<fs::path> orphaned = paths(said.at("orphaned"));
        REQUIRE(programs == std::vector<fs::path>{rust.cargo_home() / "bin/my-own"});
        CHECK(orphaned.empty() != is_split);
        for (const std::vector<fs::path>& list : {deleted, programs, orphaned}) {
            for (const fs::path& path : list) {
                CHECK(fs::exists(path));
            }
        }
        const fs::path own = fs::canonical(programs.front());

        rust.run("rustup", {"self", "uninstall", "-y"});
        CHECK_FALSE(fs::exists(own));
        for (const fs::path& path : deleted) {
            CHECK_FALSE(fs::exists(fs::symlink_status(path)));
        }
        for (const fs::path& path : orphaned) {
            INFO(path);
            CHECK(fs::exists(path));
        }
        CHECK_FALSE(fs::exists(rust.cargo_home()));
        CHECK_FALSE(fs::exists(rust.rustup_home()));
        const json::array found = findings(rust);
        if (!is_split) {
            CHECK(codes(found) == Codes{});
            continue;
        }
        CHECK(codes(found) == Codes{"orphans", "orphans"});
        CHECK(found.at(0).at("help").as_string() == "rehome rollback 1");
        rust.run("rehome", {"rollback", "1", "--yes"});
        CHECK(fs::exists(rust.rustup_home() / "toolchains/stable-x86_64-unknown-linux-gnu") ==
              fs::exists(fs::symlink_status(rust.rustup_home() / "toolchains")));
        CHECK(rust.run("rustup", {"toolchain", "list"}).out.find("stable") != std::string::npos);
    }
}

TEST_CASE("of homes that are links rustup leaves what uninstall-check has said", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rehome::support::write_file(rust.cargo_home() / "notes", "x");
    for (const fs::path& home : {rust.cargo_home(), rust.rustup_home()}) {
        const fs::path real = rust.home() / home.filename().string().substr(1);
        fs::rename(home, real);
        fs::create_directory_symlink(real, home);
    }
    const CommandResult check = run(rust.command("rehome", {"uninstall-check", "--json"}));
    CHECK(check.exit_code == 6);
    const json::value said = document(check);
    CHECK(paths(said.at("orphaned")) ==
          std::vector<fs::path>{rust.home() / "cargo", rust.home() / "rustup"});
    rust.run("rustup", {"self", "uninstall", "-y"});
    for (const fs::path& path : paths(said.at("deleted"))) {
        INFO(path);
        CHECK_FALSE(fs::exists(rust.home() / "cargo" / path.filename()));
    }
    CHECK(fs::exists(rust.home() / "cargo"));
    CHECK(fs::exists(rust.home() / "rustup/settings.toml"));
    CHECK_FALSE(fs::exists(fs::symlink_status(rust.cargo_home())));
    CHECK_FALSE(fs::exists(fs::symlink_status(rust.rustup_home())));
}

TEST_CASE("in the order that uninstall-check gives nothing is left behind", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes", "--only", "cargo/bin"});
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const json::value said = document(run(rust.command("rehome", {"uninstall-check", "--json"})));
    std::vector<std::string> order;
    for (const json::value& command : said.at("order").as_array()) {
        order.emplace_back(command.as_string());
    }
    CHECK(order == std::vector<std::string>{
                       "rehome rollback 2", "rehome rollback 1", "rustup self uninstall"});
    rust.run("rehome", {"rollback", "2", "--yes"});
    rust.run("rehome", {"rollback", "1", "--yes"});
    CHECK(run(rust.command("rehome", {"uninstall-check"})).exit_code == 0);
    rust.run("rustup", {"self", "uninstall", "-y"});
    for (const char* name : {".config/cargo",
                             ".local/share/cargo",
                             ".cache/cargo",
                             ".config/rustup",
                             ".local/share/rustup",
                             ".cache/rustup",
                             ".cargo",
                             ".rustup"}) {
        INFO(name);
        CHECK_FALSE(fs::exists(rust.home() / name));
    }
}
