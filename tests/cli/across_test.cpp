// Copies to another filesystem as a user meets them: who is in the way, what is missing, what is
// kept.
#include "cli/far_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <csignal>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* tag = ".cargo/registry/CACHEDIR.TAG";
constexpr const char* rustc = ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc";
constexpr const char* original = ".cargo/.rehome-1-registry";

void check_unchanged(const FarHome& home, const Snapshot& before) {
    CHECK(difference(before, home.snapshot()) == "");
}

void check_back(const FarHome& home, const Snapshot& before) {
    const CommandResult back = home.run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    check_unchanged(home, before);
}

}  // namespace

TEST_CASE("a program that writes into an item is waited for, then named", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    const auto writer = started("exec 3>>\"$1\"; echo open; exec sleep 600", *home / tag);
    const CommandResult result = home->migrate({"--wait", "0.2"});
    INFO(result.err);
    CHECK(result.exit_code == 4);
    CHECK(contains(result.err, "open for writing"));
    CHECK(contains(result.err, fmt::format("(pid {})", writer->id())));
    CHECK(contains(result.err, "everything was put back"));
    check_unchanged(*home, before);
    CHECK(fs::is_empty(home->mounted().path()));
}

TEST_CASE("a program that only reads keeps its original, which forget frees", "[cli][across]") {
    for (const char* script :
         {"exec 3<\"$1/CACHEDIR.TAG\"; echo open; exec sleep 600",
          "cd \"$1\"; echo stands; exec sleep 600",
          "cp /bin/sleep \"$1/program\"; \"$1/program\" 600 & echo maps; wait"}) {
        const auto home = far_home_or_skip(Filesystem::tmpfs);
        if (!home) {
            return;
        }
        const bool maps = contains(script, "program");
        const auto reader = started(script, *home / ".cargo/registry");
        const CommandResult result = home->migrate();
        INFO(script << "\n" << result.err);
        REQUIRE(result.exit_code == 0);
        CHECK(contains(result.err, "Kept the original of cargo/registry beside the link"));
        CHECK(contains(result.err, "in use by "));
        CHECK((maps || contains(result.err, fmt::format("(pid {})", reader->id()))));
        CHECK(contains(result.err, "`rehome forget 1` frees what is kept"));
        CHECK(fs::is_directory(*home / original));
        CHECK(fs::exists(*home / tag));
        CHECK(reader->is_running());

        const CommandResult busy = home->run({"forget", "1", "--yes"});
        CHECK(busy.exit_code == 4);
        CHECK(contains(busy.err, "is in use by"));
        CHECK(fs::is_directory(*home / original));
        reader->send_signal(SIGKILL);
        reader->wait();

        const CommandResult freed = home->run({"forget", "1", "--yes"});
        INFO(freed.err);
        CHECK(freed.exit_code == 0);
        CHECK_FALSE(fs::exists(*home / original));
        CHECK(fs::exists(*home / tag));
        CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
        CHECK_FALSE(fs::is_symlink(*home / ".cargo/registry"));
    }
}

TEST_CASE("an original in which a file became a directory with work is kept", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate({"--keep-originals"}).exit_code == 0);
    const fs::path program =
        *home / ".rustup/.rehome-1-toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc";
    fs::remove(program);
    write_file(program / "work", "done here");
    const CommandResult refused = home->run({"forget", "1", "--yes"});
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(read_file(program / "work") == "done here");
}

TEST_CASE("an original that may be the last copy is not forgotten", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::ext4);
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    REQUIRE(home->migrate({"--keep-originals"}).exit_code == 0);
    SECTION("its target was deleted") {
        fs::remove_all(home->mounted() / "data/rustup/toolchains");
    }
    SECTION("a part of its target was deleted") {
        fs::remove(*home / rustc);
    }
    SECTION("its target is not mounted") {
        home->mounted().unmount();
    }
    const CommandResult refused = home->run({"forget", "1", "--yes"});
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(contains(refused.err, "may be the last copy"));
    CHECK(fs::is_directory(*home / ".rustup/.rehome-1-toolchains"));
    CHECK(fs::is_directory(*home / original));
}

TEST_CASE("a target that is not mounted is never gone", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::ext4);
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    REQUIRE(home->migrate().exit_code == 0);
    const Snapshot applied = home->snapshot();
    const auto check_refused = [&] {
        const CommandResult refused = home->run({"rollback", "--yes"});
        INFO(refused.err);
        CHECK(refused.exit_code == 5);
        CHECK(contains(refused.err, "is not mounted"));
        CHECK(difference(applied, home->snapshot()) == "");
    };
    home->mounted().unmount();
    check_refused();
    {
        const Mounted other(Filesystem::ext4, {.directory = home->mounted().path()});
        check_refused();
        fs::create_directories(other / "cache/cargo/registry");
        check_refused();
    }
    home->mounted().mount();
    check_back(*home, before);
}

TEST_CASE("a target that rounds times is refused before the first byte", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::ext4, {.format = {"-I", "128"}});
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    const CommandResult refused = home->migrate();
    INFO(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.err, "rounds times"));
    CHECK(contains(refused.err, "everything was put back"));
    check_unchanged(*home, before);
    CHECK_FALSE(fs::exists(home->mounted() / "cache"));
}

TEST_CASE("what stays on a disk that is not mounted is named", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::ext4);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate().exit_code == 0);
    home->mounted().unmount();
    const CommandResult forced = home->run({"rollback", "--yes", "--force"});
    INFO(forced.err);
    CHECK(forced.exit_code == 0);
    const std::string registry = home->mounted() / "cache/cargo/registry";
    CHECK(contains(forced.err,
                   "the filesystem of '" + registry +
                       "' is not mounted: what is there of cargo/registry stays there"));
    CHECK(contains(forced.err, "whatever is at '" + registry + "'"));
    CHECK_FALSE(contains(forced.err, "nothing is left to put back"));
    home->mounted().mount();
    CHECK(fs::exists(home->mounted() / "cache/cargo/registry/CACHEDIR.TAG"));
}

TEST_CASE("what was lost with a memory filesystem is given up only by force", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    const bool kept = GENERATE(false, true);
    REQUIRE(home->migrate(kept ? std::vector<std::string>{"--keep-originals"}
                               : std::vector<std::string>{})
                .exit_code == 0);
    home->mounted().unmount();
    home->mounted().mount();
    const CommandResult refused = home->run({"rollback", "--yes"});
    CHECK(refused.exit_code == 5);
    CHECK(contains(refused.err, "--force"));
    const CommandResult forced = home->run({"rollback", "--yes", "--force"});
    INFO(forced.err);
    CHECK(forced.exit_code == 0);
    CHECK_FALSE(fs::is_symlink(*home / ".cargo/registry"));
    CHECK(fs::is_regular_file(fs::symlink_status(*home / ".cargo/config.toml")));
    CHECK(fs::exists(*home / ".cargo/registry") == kept);
    if (kept) {
        check_unchanged(*home, before);
    }
}

TEST_CASE("an item that was purged at its target leaves no link behind", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::ext4);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate().exit_code == 0);
    fs::remove_all(home->mounted() / "cache/cargo/registry");
    const CommandResult back = home->run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    CHECK(contains(back.err, "nothing is left to put back of cargo/registry"));
    CHECK_FALSE(fs::exists(fs::symlink_status(*home / ".cargo/registry")));
    CHECK(fs::is_directory(fs::symlink_status(*home / ".rustup/toolchains")));
}

TEST_CASE("a target without room stops the plan before the first byte", "[cli][across]") {
    const std::string limit = GENERATE("size=300k", "nr_inodes=20");
    const auto home = far_home_or_skip(Filesystem::tmpfs, {.options = limit}, "minimal");
    if (!home) {
        return;
    }
    write_file(*home / ".cargo/registry/big", std::string(400'000, 'x'));
    const Snapshot before = home->snapshot();
    const CommandResult result = home->migrate();
    INFO(result.err);
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "has not enough room"));
    CHECK(contains(result.err, "are needed"));
    CHECK(contains(result.err, "are free"));
    check_unchanged(*home, before);
    CHECK(fs::is_empty(home->mounted().path()));
    CHECK_FALSE(fs::exists(*home / ".local"));
}

TEST_CASE("a rollback without room at home changes nothing", "[cli][across]") {
    const auto small = mount_or_skip(Filesystem::ext4, {.megabytes = 64});
    if (!small) {
        return;
    }
    // The home goes to the small filesystem as a bind mount would bring it there.
    const TempDir disk;
    fs::create_directories(*small / "home");
    const fs::path home = *small / "home";
    write_file(home / ".cargo/registry/big", std::string(8U << 20U, 'x'));
    write_file(home / ".cargo/.package-cache", "");
    write_file(home / ".cargo/.package-cache-mutate", "");
    const auto look = [&] {
        return take_snapshot(home, {.inodes = Inodes::left_out, .except = {".", ".local"}});
    };
    const Snapshot before = look();
    REQUIRE(run(rehome_command(
                    home, {"migrate", "--apply", "--yes", "--cache-dir", disk.path().string()}))
                .exit_code == 0);
    const Snapshot applied = look();
    const fs::path filler = *small / "filler";
    write_file(filler, "");
    const auto block = std::string(1U << 20U, 'f');
    std::string all;
    while (fs::space(small->path()).available > (6U << 20U)) {
        fs::resize_file(filler, 0);
        all += block;
        write_file(filler, all);
    }
    const CommandResult refused = run(rehome_command(home, {"rollback", "--yes"}));
    INFO(refused.err);
    CHECK(refused.exit_code == 5);
    CHECK(contains(refused.err, "are needed on the filesystem of"));
    CHECK(difference(applied, look()) == "");
    CHECK(fs::exists(disk / "cargo/registry/big"));
    fs::remove(filler);
    CHECK(run(rehome_command(home, {"rollback", "--yes"})).exit_code == 0);
    CHECK(difference(before, look()) == "");
    CHECK(fs::is_empty(disk.path()));
}

TEST_CASE("what cargo makes again can be left out of the copy", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const std::string below = "/registry.example-5d0c3a7be9f81246/anyhow-1.0.98";
    write_file(*home / (".cargo/registry/src" + below + "/src/lib.rs"), "code\n");
    const Snapshot before = home->snapshot();
    const CommandResult result = home->migrate({"--drop", "regenerable"});
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    const fs::path there = home->mounted() / "cache/cargo/registry";
    CHECK(fs::exists(there / "cache"));
    CHECK_FALSE(fs::exists(there / "src/registry.example-5d0c3a7be9f81246"));
    CHECK_FALSE(fs::exists(*home / original));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    CHECK(fs::exists(*home / tag));
    CHECK_FALSE(fs::exists(*home / (".cargo/registry/src" + below)));
    CHECK(fs::is_empty(home->mounted().path()));
}

TEST_CASE("originals are deleted only where the content was compared", "[cli][across]") {
    for (const std::string verify : {"none", "metadata", "full", "disk"}) {
        const auto home = far_home_or_skip(Filesystem::ext4);
        if (!home) {
            return;
        }
        const Snapshot before = home->snapshot();
        const CommandResult result = home->migrate({"--verify", verify});
        INFO(verify << "\n" << result.err);
        REQUIRE(result.exit_code == 0);
        const bool kept = verify == "none" || verify == "metadata";
        CHECK(fs::exists(*home / original) == kept);
        CHECK(contains(result.err, "Kept the originals of cargo/registry") == kept);
        check_back(*home, before);
    }
}
