// rustup renames from its tmp into its toolchains: what it does where they are on two filesystems,
// and what rehome does so that they are on one.

#include "real/kept_home.hpp"
#include "real/package.hpp"
#include "real/place.hpp"
#include "real/rust_home.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::CommandResult;
using rehome::support::Filesystem;
using rehome::support::mount_or_skip;
using rehome::support::Mounted;
using rehome::support::run;
namespace fs = std::filesystem;

namespace {

using Codes = std::set<std::string>;

const std::string install = "rustup toolchain install beta --no-self-update";
const std::string uninstall = "rustup toolchain uninstall beta";
const std::string remove_component = "rustup component remove --toolchain stable rustfmt";
const std::string update = "rustup update --no-self-update";
const std::string permit = "export RUSTUP_PERMIT_COPY_RENAME=1";

struct stat status_of(const fs::path& path) {
    struct stat info = {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info;
}

dev_t device_of(const fs::path& path) {
    return status_of(path).st_dev;
}

// With a 'stable' that has a rustfmt.
void install_stable(const RustHome& rust) {
    rust.release_toolchains("2024-01-01");
    succeed(script(rust, "rustup toolchain install stable --component rustfmt --no-self-update"));
}

// The target of the link, with what it holds, is on a filesystem of its own.
std::unique_ptr<Mounted> mount_at(const RustHome& rust, const std::string& item) {
    const fs::path target = fs::read_symlink(rust.rustup_home() / item);
    const rehome::support::TempDir content;
    const std::string copies = content.path().string();
    succeed(script(rust, "cp -a '" + target.string() + "/.' '" + copies + "'"));
    auto mounted = mount_or_skip(Filesystem::tmpfs, {.directory = target});
    if (mounted) {
        succeed(script(rust, "cp -a '" + copies + "/.' '" + target.string() + "'"));
    }
    return mounted;
}

// Everything that needs a rename.
void check_works(const RustHome& rust, const std::string& first) {
    succeed(script(rust, first + " && " + install));
    succeed(script(rust, first + " && " + remove_component));
    rust.release_toolchains("2024-02-02");
    succeed(script(rust, first + " && " + update));
    CHECK(rust.run("cargo", {"+beta", "--version"}).out == "cargo 1.0.0 (sample 2024-02-02)\n");
    succeed(script(rust, first + " && " + uninstall));
}

void check_fails(const RustHome& rust, const std::string& command) {
    INFO(command);
    const CommandResult result = run(script(rust, command));
    const std::string text = said(rust, result);
    CHECK(result.exit_code == 1);
    CHECK_THAT(text,
               Contains("could not rename 'component' file from '~/.rustup/tmp/") &&
                   Contains("to '~/.rustup/toolchains/") &&
                   Contains("Invalid cross-device link (os error 18)"));
}

void check_parted(const RustHome& rust) {
    const std::string toolchains = (rust.rustup_home() / "toolchains/").string();
    const rehome::support::TempDir copies;
    succeed(script(rust, "cp -a '" + toolchains + "' '" + copies.path().string() + "/before'"));
    check_fails(rust, install);
    check_fails(rust, remove_component);
    rust.release_toolchains("2024-02-02");
    CHECK(run(script(rust, update)).exit_code == 1);
    rust.release_toolchains("2024-01-01");
    CHECK(run(script(rust, "rustup toolchain list")).out.find("beta") == std::string::npos);
    succeed(script(rust,
                   "diff -r --no-dereference '" + toolchains + "' '" + copies.path().string() +
                       "/before'"));

    // Nothing is out of its place, so there is nothing that a repair could put there.
    CHECK(doctor_codes(rust) == Codes{"parted"});
    CHECK_THAT(rust.run("rehome", {"repair", "--apply", "--yes"}).err, Contains("nothing to mend"));
    check_fails(rust, install);
    const CommandResult doctor = run(rust.command("rehome", {"doctor"}));
    CHECK_THAT(doctor.out + doctor.err, Contains("help: " + permit));
    check_works(rust, permit);
}

}  // namespace

TEST_CASE("rustup stops where tmp or toolchains are on a filesystem of their own", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    install_stable(rust);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const KeptHome home(rust);
    for (const char* item : {"tmp", "toolchains"}) {
        INFO(item);
        home.restore();
        const auto mounted = mount_at(rust, item);
        if (!mounted) {
            return;
        }
        check_parted(rust);
    }
}

TEST_CASE("rustup stops where tmp is a mounted directory of the same filesystem", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    install_stable(rust);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const fs::path other = rust.home() / "other";
    fs::create_directory(other);
    const auto mounted =
        mount_or_skip(Filesystem::bind,
                      {.source = other, .directory = fs::read_symlink(rust.rustup_home() / "tmp")});
    if (!mounted) {
        return;
    }
    CHECK(device_of(rust.rustup_home() / "tmp") == device_of(rust.rustup_home() / "toolchains"));
    check_parted(rust);
}

TEST_CASE("rustup works where downloads and update-hashes are on others", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    install_stable(rust);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const KeptHome home(rust);
    for (const std::string& first : {std::string("true"), permit}) {
        INFO(first);
        home.restore();
        rust.release_toolchains("2024-01-01");
        const auto downloads = mount_at(rust, "downloads");
        const auto hashes = mount_at(rust, "update-hashes");
        if (!downloads || !hashes) {
            return;
        }
        CHECK(doctor_codes(rust).empty());
        check_works(rust, first);
    }
}

TEST_CASE("rehome keeps tmp beside toolchains where one category is elsewhere", "[real]") {
    const auto machine = machine_with_rust();
    const auto place = machine ? place_or_skip(TargetsLieOn::tmpfs) : nullptr;
    if (!place) {
        return;
    }
    const RustHome rust(*machine);
    install_stable(rust);
    const KeptHome home(rust);
    for (const std::string flag : {"--cache-dir", "--data-dir", "--state-dir"}) {
        INFO(flag);
        home.restore();
        rust.release_toolchains("2024-01-01");
        rust.run("rehome",
                 {"migrate",
                  "--apply",
                  "--yes",
                  "--allow-volatile",
                  flag,
                  (place->path() / flag.substr(2)).string()});
        const auto is_elsewhere = [&](const char* item) {
            return device_of(rust.rustup_home() / item) == device_of(place->path());
        };
        CHECK(is_elsewhere("toolchains") == (flag == "--data-dir"));
        CHECK(is_elsewhere("tmp") == (flag == "--data-dir"));
        CHECK(is_elsewhere("downloads") == (flag == "--cache-dir"));
        CHECK(is_elsewhere("update-hashes") == (flag == "--state-dir"));
        CHECK(doctor_codes(rust).empty());
        check_works(rust, "true");
    }
}

// As many have it: what was the cache directory is a tmpfs from some day on.
TEST_CASE("a cache that is on a tmpfs from now on is repaired, and rustup told apart", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    install_stable(rust);
    const fs::path package = make_package(rust, "package");
    rust.run("cargo", {"build"}, package);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const auto mounted = mount_or_skip(Filesystem::tmpfs, {.directory = rust.home() / ".cache"});
    if (!mounted) {
        return;
    }
    fs::remove_all(package / "target");
    CHECK(run(rust.command("cargo", {"build"}, package)).exit_code == 101);
    CHECK(doctor_codes(rust) == Codes{"purged"});
    rust.run("rehome", {"repair", "--apply", "--yes"});
    rust.run("cargo", {"build"}, package);
    CHECK(device_of(rust.cargo_home() / "registry") == device_of(mounted->path()));
    check_parted(rust);
}

TEST_CASE("proxies that are hard links are links again on another filesystem", "[real]") {
    const auto machine = machine_with_rust();
    const auto place = machine ? place_or_skip(TargetsLieOn::tmpfs) : nullptr;
    if (!place) {
        return;
    }
    const RustHome rust(*machine);
    // As every rustup before 1.28 made them.
    succeed(script(rust,
                   "cd .cargo/bin && for name in *; do "
                   "test $name = rustup || ln -f rustup $name || exit; done"));
    rust.run("rehome",
             {"migrate",
              "--apply",
              "--yes",
              "--allow-volatile",
              "--bin-dir",
              (place->path() / "bin").string()});
    std::size_t names = 0;
    for (const auto& entry : fs::directory_iterator(rust.cargo_home() / "bin")) {
        CHECK(status_of(entry.path()).st_ino == status_of(rust.cargo_home() / "bin/rustup").st_ino);
        CHECK(device_of(entry.path()) == device_of(place->path()));
        ++names;
    }
    CHECK(names > 10);
    rust.release_rustup("1000.0.0");
    const CommandResult updated = rust.run("rustup", {"self", "update"});
    CHECK_THAT(updated.err, !Contains("already installed"));
    rust.run("cargo", {"--version"});
}
