// A compiler that has found itself below a target, and looks there for its libraries later on.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* target = ".local/share/rustup/toolchains";

// In a migrated home: one that works until it is killed.
std::unique_ptr<RunningCommand> compiler(const NearHome& home) {
    const fs::path rustc = home / target / "mine/bin/rustc";
    fs::create_directories(rustc.parent_path());
    fs::copy_file(*which("sleep"), rustc);
    auto running = started("echo started; exec \"$1\" 600", rustc);
    const std::string executable = "/proc/" + std::to_string(running->id()) + "/exe";
    while (fs::read_symlink(executable).filename() != "rustc") {
        std::this_thread::yield();
    }
    return running;
}

}  // namespace

TEST_CASE("rollback leaves the way to the target until compilers have finished", "[cli]") {
    const NearHome home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    const auto rustc = compiler(home);

    RunningCommand rollback(home.command({"rollback", "--yes", "--wait", "60"}));
    while (rollback.is_running() && !contains(rollback.err_so_far(), "waiting for a compiler")) {
        std::this_thread::yield();
    }
    CHECK_FALSE(fs::is_symlink(home / ".rustup/toolchains"));
    CHECK(fs::exists(home / target / "mine/bin/rustc"));
    CHECK(rollback.is_running());
    rustc->send_signal(SIGKILL);
    rustc->wait();
    const CommandResult ended = rollback.wait();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK_FALSE(fs::exists(fs::symlink_status(home / target)));
}

TEST_CASE("rollback does not wait for a compiler longer than it was told", "[cli]") {
    const NearHome home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    const auto rustc = compiler(home);

    const CommandResult ended = home.run({"rollback", "--yes", "--wait", "0.3"});
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(rustc->is_running());
    CHECK(fs::exists(home / ".rustup/toolchains/mine/bin/rustc"));
    CHECK_FALSE(fs::exists(fs::symlink_status(home / target)));
}
