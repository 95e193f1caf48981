// The real cargo and rustup on homes whose cache and data lie elsewhere: on the same filesystem,
// and on others, where rehome has to copy.

#include "real/package.hpp"
#include "real/place.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/outside_judge.hpp"
#include "support/snapshot.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::difference;
using rehome::support::Inodes;
using rehome::support::outside_judge;
using rehome::support::Snapshot;
using rehome::support::take_snapshot;
namespace fs = std::filesystem;

namespace {

// The home goes first: what lies at the place is still used by it.
struct Scene {
    std::unique_ptr<Place> place;
    std::unique_ptr<RustHome> rust;
};

// Nothing where the test has to be skipped. The home has a registry, a git database, an installed
// program, a toolchain from the server and a package that is built.
std::optional<Scene> scene(TargetsLieOn where) {
    const auto machine = machine_with_rust();
    auto place = machine ? place_or_skip(where) : nullptr;
    if (!place) {
        return std::nullopt;
    }
    auto rust = std::make_unique<RustHome>(*machine);
    rust->release_toolchains("2024-01-01");
    rust->run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
    rust->run("cargo", {"install", "mill", "--version", "0.1.0"});
    rust->run("cargo", {"build"}, make_package(*rust, "package"));
    return Scene{std::move(place), std::move(rust)};
}

std::map<std::string, std::string> build_again(const RustHome& rust) {
    return verdicts(rust.run("cargo", {"build", "-v"}, rust.home() / "package"));
}

dev_t device_of(const fs::path& path) {
    struct stat info = {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_dev;
}

void check_targets(const RustHome& rust, const Place& place) {
    for (const fs::path& item : {rust.cargo_home() / "registry",
                                 rust.cargo_home() / "git",
                                 rust.cargo_home() / "bin",
                                 rust.rustup_home() / "toolchains",
                                 rust.rustup_home() / "tmp"}) {
        INFO(item.string());
        CHECK(fs::is_symlink(item));
        CHECK(device_of(item) == device_of(place.path()));
        CHECK(fs::canonical(item).string().starts_with(place.path().string() + "/"));
    }
}

// A home as it was, told by two who do not know of each other. One remembers; the other looks at a
// copy.
class Before {
public:
    explicit Before(const fs::path& home) : home_(home), snapshot_(snapshot()) {
        succeed({.program = *rehome::support::which("cp"),
                 .arguments = {"-a", home.string(), (copies_ / "home").string()}});
    }

    [[nodiscard]] std::string differences() const {
        return difference(snapshot_, snapshot()) +
               outside_judge(copies_ / "home", home_).value_or("");
    }

private:
    [[nodiscard]] Snapshot snapshot() const {
        return take_snapshot(home_, {.inodes = Inodes::left_out});
    }

    fs::path home_;
    Snapshot snapshot_;
    rehome::support::TempDir copies_;
};

void check_there_and_back(TargetsLieOn where) {
    const auto set = scene(where);
    if (!set) {
        return;
    }
    const RustHome& rust = *set->rust;
    const Before cargo(rust.cargo_home());
    const Before rustup(rust.rustup_home());

    rust.run("rehome", set->place->migrate());
    check_targets(rust, *set->place);
    CHECK_THAT(cargo.differences(), Contains("registry"));
    rust.run("rehome", {"rollback", "--yes"});
    CHECK(cargo.differences() == "");
    CHECK(rustup.differences() == "");
    CHECK(compat_links(rust).empty());
    CHECK(build_again(rust) == all_fresh("package"));

    rust.run("rehome", set->place->migrate());
    CHECK(build_again(rust) == all_fresh("package"));
    CHECK(rust.run("mill", {}).out == "mill 1 grinds 12\n");
    rust.run("cargo", {"build", "--offline"}, make_package(rust, "another"));
    rust.run("rehome", {"rollback", "--yes"});
    CHECK(build_again(rust) == all_fresh("package"));
}

void check_work_in_between(TargetsLieOn where) {
    const auto set = scene(where);
    if (!set) {
        return;
    }
    const RustHome& rust = *set->rust;
    const RegistryServer server(rust);
    auto login = rust.command("cargo", {"login", "--registry", "brookside"});
    login.input = "a-token\n";

    rust.run("rehome", set->place->migrate());
    const std::vector<std::string> links = compat_links(rust);
    rust.run("cargo", {"install", "mill"});
    succeed(login);
    rust.run("rustup", {"toolchain", "install", "beta", "--no-self-update"});
    rust.release_toolchains("2024-02-02");
    rust.run("rustup", {"update", "--no-self-update"});
    rust.run("rustup", {"component", "remove", "--toolchain", "stable", "rustfmt"});
    check_targets(rust, *set->place);
    rust.run("rehome", {"rollback", "--yes"});

    CHECK(links.size() > 8);
    CHECK(compat_links(rust).empty());
    CHECK(rust.run("mill", {}).out == "mill 2 grinds 12\n");
    CHECK(rust.run("cargo", {"install", "--list"}).out == "mill v0.2.0:\n    mill\n");
    const fs::path credentials = rust.cargo_home() / "credentials.toml";
    CHECK_THAT(rehome::support::read_file(credentials), Contains("a-token"));
    CHECK(fs::status(credentials).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(rust.run("cargo", {"+beta", "--version"}).out == "cargo 1.0.0 (sample 2024-02-02)\n");
    CHECK(rust.run("cargo", {"+stable", "--version"}).out == "cargo 1.0.0 (sample 2024-02-02)\n");
    CHECK_THAT(
        rust.run("rustup", {"component", "list", "--toolchain", "stable", "--installed"}).out,
        Contains("cargo") && !Contains("rustfmt"));
}

}  // namespace

TEST_CASE("a cache and data elsewhere on the filesystem are used and come back", "[real]") {
    check_there_and_back(TargetsLieOn::same_filesystem);
}

TEST_CASE("a cache and data on a tmpfs are used and come back", "[real]") {
    check_there_and_back(TargetsLieOn::tmpfs);
}

TEST_CASE("a cache and data on an ext4 of their own are used and come back", "[real]") {
    check_there_and_back(TargetsLieOn::ext4);
}

TEST_CASE("a cache and data on an xfs are used and come back", "[real]") {
    check_there_and_back(TargetsLieOn::xfs);
}

TEST_CASE("a cache and data on a btrfs are used and come back", "[real]") {
    check_there_and_back(TargetsLieOn::btrfs);
}

TEST_CASE("what is installed elsewhere on the filesystem comes home", "[real]") {
    check_work_in_between(TargetsLieOn::same_filesystem);
}

TEST_CASE("what is installed on a tmpfs comes home", "[real]") {
    check_work_in_between(TargetsLieOn::tmpfs);
}

TEST_CASE("what is installed on an ext4 of its own comes home", "[real]") {
    check_work_in_between(TargetsLieOn::ext4);
}

TEST_CASE("what is installed on an xfs comes home", "[real]") {
    check_work_in_between(TargetsLieOn::xfs);
}

TEST_CASE("what is installed on a btrfs comes home", "[real]") {
    check_work_in_between(TargetsLieOn::btrfs);
}

// rustup makes its 'tmp' with its first installation, beside the links, and renames from there.
TEST_CASE("toolchains do not leave for another filesystem before rustup has a tmp", "[real]") {
    const auto machine = machine_with_rust();
    const auto place = machine ? place_or_skip(TargetsLieOn::tmpfs) : nullptr;
    if (!place) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    const fs::path tmp = rust.rustup_home() / "tmp";
    REQUIRE_FALSE(fs::exists(tmp));
    const auto refused = rehome::support::run(rust.command("rehome", place->migrate()));
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.err, Contains("run: mkdir '" + tmp.string() + "'"));
    fs::create_directory(tmp);
    rust.run("rehome", place->migrate());
    rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
}
