// Who holds a lock and never lets go: rehome waits as long as it was told, names the holder, and
// changes nothing.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <thread>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

// Locks the file or directory and sleeps; the process that has locked it has ended, as always
// where a shell keeps a lock on a descriptor.
constexpr const char* lock_and_sleep = "exec 9<\"$1\"; flock 9; echo locked; exec sleep 600";

std::string held_by_sleep(const RunningCommand& holder) {
    return fmt::format("(held by sleep, pid {})", holder.id());
}

bool is_flock_missing() {
    if (which("flock")) {
        return false;
    }
    fmt::print("SKIPPED: there is no flock program\n");
    return true;
}

template <typename Home>
void check_busy(const Home& home, const Command& command, const fs::path& file,
                const std::string& what) {
    const Snapshot before = home.snapshot();
    const auto holder = started(lock_and_sleep, file);
    const CommandResult result = run(command);
    INFO(result.err);
    CHECK(result.exit_code == 4);
    CHECK(contains(result.err, what + " is still busy " + held_by_sleep(*holder)));
    CHECK(contains(result.err, "after 0.3 s"));
    CHECK(difference(before, home.snapshot()) == "");
    CHECK(holder->is_running());
}

}  // namespace

TEST_CASE("who holds a lock is named, there and back", "[cli]") {
    if (is_flock_missing()) {
        return;
    }
    const NearHome home;
    const Snapshot before = home.snapshot();
    const auto check = [&](const std::vector<std::string>& arguments) {
        const std::string cache = "file lock on cargo's package cache";
        const auto command = home.command(arguments);
        check_busy(home, command, home / ".cargo/.package-cache-mutate", cache);
        check_busy(home, command, home / ".cargo/.package-cache", cache);
        for (const char* name : {".cargo", ".rustup"}) {
            check_busy(home,
                       command,
                       home / name,
                       fmt::format("another rehome on '{}'", (home / name).string()));
        }
    };
    check({"migrate", "--apply", "--yes", "--wait", "0.3"});
    CHECK_FALSE(fs::exists(home / ".local/state/rehome"));
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    check({"rollback", "--yes", "--wait", "0.3"});
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home.snapshot()) == "");
}

TEST_CASE("who holds the lock on a file that is to be copied is named", "[cli][across]") {
    const auto home = is_flock_missing() ? nullptr : far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    for (const std::string name : {".crates.toml", "credentials.toml"}) {
        write_file(*home / ".cargo" / name, "# of cargo\n");
        fs::permissions(*home / ".cargo" / name, fs::perms::owner_read | fs::perms::owner_write);
        check_busy(*home,
                   home->migration({"--wait", "0.3"}),
                   *home / ".cargo" / name,
                   fmt::format("file lock on '{}'", name));
        CHECK(fs::is_empty(home->mounted().path()));
    }
    CHECK(home->migrate().exit_code == 0);
}

TEST_CASE("a copy home that finds a lock held changes nothing", "[cli][across]") {
    const auto home = is_flock_missing() ? nullptr : far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    REQUIRE(home->migrate().exit_code == 0);
    check_busy(*home,
               home->command({"rollback", "--yes", "--wait", "0.3"}),
               *home / ".cargo/.package-cache",
               "file lock on cargo's package cache");
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home->snapshot()) == "");
}

TEST_CASE("a rustup that goes on and on is named, and copies there and back change nothing",
          "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const fs::path rustup = *home / "rustup";
    fs::copy_file(*which("sleep"), rustup);
    Command at_work = home->command({"600"});
    at_work.program = rustup;
    const auto check = [&](const Command& command) {
        const Snapshot before = home->snapshot();
        const RunningCommand running(at_work);
        while (fs::read_symlink(fmt::format("/proc/{}/exe", running.id())) != rustup) {
            std::this_thread::yield();
        }
        const CommandResult result = run(command);
        INFO(result.err);
        CHECK(result.exit_code == 4);
        CHECK(contains(result.err, fmt::format("rustup is still busy (pid {})", running.id())));
        CHECK(difference(before, home->snapshot()) == "");
    };
    check(home->migration({"--wait", "0.3"}));
    CHECK(fs::is_empty(home->mounted().path()));
    REQUIRE(home->migrate().exit_code == 0);
    check(home->command({"rollback", "--yes", "--wait", "0.3"}));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
}

TEST_CASE("a holder outside of the PID namespace is told as one that cannot be seen", "[cli]") {
    const NearHome home;
    const auto unshare = which("unshare");
    Command inside = home.command({"--pid",
                                   "--fork",
                                   "--mount-proc",
                                   rehome_binary().string(),
                                   "migrate",
                                   "--apply",
                                   "--yes",
                                   "--wait",
                                   "0.3"});
    if (is_flock_missing()) {
        return;
    }
    Command trial = inside;
    trial.arguments = {"--pid", "--fork", "--mount-proc", "true"};
    trial.program = inside.program = unshare.value_or("/bin/false");
    if (run(trial).exit_code != 0) {
        fmt::print("SKIPPED: no PID namespace for this user\n");
        return;
    }
    const Snapshot before = home.snapshot();
    const auto holder = started(lock_and_sleep, home / ".cargo/.package-cache");
    const CommandResult result = run(inside);
    INFO(result.err);
    CHECK(result.exit_code == 4);
    CHECK(contains(result.err, "(held by a process that cannot be seen from here)"));
    CHECK(difference(before, home.snapshot()) == "");
}
