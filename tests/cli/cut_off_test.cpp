// A copy that is cut off: by Ctrl-C, by a second one, by kill -9; and two copies at once. rehome is
// stopped as soon as its staging name is seen, and looked at while it stands still. A program that
// writes into an item keeps it from coming past the copy, however late it is seen.
#include "cli/far_home.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t files = 3'000;
constexpr const char* original = ".cargo/.rehome-1-registry";

std::unique_ptr<FarHome> large_home() {
    auto home = far_home_or_skip(Filesystem::tmpfs);
    if (home) {
        add_small_files(*home / "", files);
    }
    return home;
}

bool is_staging(const FarHome& home) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(home.mounted() / "cache/cargo", missing)) {
        if (entry.path().filename().string().starts_with(".rehome-")) {
            return true;
        }
    }
    return false;
}

bool has_record(const FarHome& home, std::string_view record) {
    std::error_code missing;
    for (const auto& entry :
         fs::directory_iterator(home / ".local/state/rehome/transactions", missing)) {
        const fs::path journal = entry.path() / "journal";
        if (fs::exists(journal) && contains(read_file(journal), fmt::format("\"{}\"", record))) {
            return true;
        }
    }
    return false;
}

// Stops the command as soon as that is so; false if it has ended before.
bool stop_when(RunningCommand& command, const std::function<bool()>& so) {
    while (command.is_running()) {
        if (so()) {
            command.send_signal(SIGSTOP);
            return true;
        }
        std::this_thread::yield();
    }
    return false;
}

void interrupt(RunningCommand& command) {
    command.send_signal(SIGINT);
    command.send_signal(SIGCONT);
}

// A migration that stands still before its copy is over.
class Standing {
public:
    explicit Standing(const FarHome& home)
        : writer_(started("exec 3>>\"$1\"; echo open; exec sleep 600",
                          home / ".cargo/registry/CACHEDIR.TAG")),
          command_(home.migration({"--wait", "600"})) {
        REQUIRE(stop_when(command_, [&] { return is_staging(home); }));
        REQUIRE_FALSE(has_record(home, "staged"));
    }

    RunningCommand& command() { return command_; }

    void let_it_through() { writer_.reset(); }

private:
    std::unique_ptr<RunningCommand> writer_;
    RunningCommand command_;
};

// The same rehome with each deletion slowed down. Nothing without strace; then it has printed
// SKIPPED.
std::optional<Command> slow_to_delete(const FarHome& home, Command command) {
    const auto strace = which("strace");
    if (!strace) {
        fmt::print("SKIPPED: strace is not installed\n");
        return std::nullopt;
    }
    std::vector<std::string> arguments{"-f",
                                       "--seccomp-bpf",
                                       "-o",
                                       (home / "trace").string(),
                                       "-e",
                                       "trace=unlinkat",
                                       "-e",
                                       "inject=unlinkat:delay_enter=2000",
                                       command.program.string()};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    command.program = *strace;
    command.arguments = std::move(arguments);
    return command;
}

void check_original(const FarHome& home, const Snapshot& before) {
    fs::remove(home / "trace");
    CHECK(difference(before, home.snapshot()) == "");
    CHECK(fs::is_empty(home.mounted().path()));
}

}  // namespace

TEST_CASE("Ctrl-C in the middle of a copy puts everything back", "[cli][across]") {
    const auto home = large_home();
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    Standing standing(*home);
    interrupt(standing.command());
    const CommandResult result = standing.command().wait();
    INFO(result.err);
    CHECK(result.exit_code == 130);
    CHECK(contains(result.err, "everything was put back"));
    check_original(*home, before);
    CHECK(contains(home->run({"rollback", "--yes"}).err, "nothing to roll back"));
}

TEST_CASE("a second Ctrl-C says what is left to do", "[cli][across]") {
    const auto home = large_home();
    const auto slow = home ? slow_to_delete(*home, home->migration()) : std::nullopt;
    if (!slow) {
        return;
    }
    const Snapshot before = home->snapshot();
    RunningCommand command(*slow);
    const auto crates = [&] {
        std::error_code missing;
        return fs::exists(home->mounted() / "cache/cargo/.rehome-1-2/src", missing) ||
               fs::exists(home->mounted() / "cache/cargo/.rehome-1-1/src", missing);
    };
    REQUIRE(stop_when(command, crates));
    interrupt(command);
    REQUIRE(stop_when(command, [&] { return has_record(*home, "rollback_begin"); }));
    interrupt(command);
    const CommandResult result = command.wait();
    INFO(result.err);
    CHECK(result.exit_code == 5);
    CHECK(contains(result.err, "rehome rollback 1"));
    CHECK(is_staging(*home));
    const CommandResult back = home->run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    check_original(*home, before);
}

TEST_CASE("Ctrl-C while the originals are deleted leaves that to resume", "[cli][across]") {
    const auto home = large_home();
    const auto slow = home ? slow_to_delete(*home, home->migration()) : std::nullopt;
    if (!slow) {
        return;
    }
    const Snapshot before = home->snapshot();
    RunningCommand command(*slow);
    REQUIRE(stop_when(command, [&] { return has_record(*home, "committed"); }));
    interrupt(command);
    const CommandResult result = command.wait();
    INFO(result.err);
    CHECK(result.exit_code == 5);
    CHECK(contains(result.err, "run `rehome resume`"));
    CHECK(fs::exists(*home / original));
    CHECK(fs::exists(*home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(home->run({"resume"}).exit_code == 0);
    CHECK_FALSE(fs::exists(*home / original));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    check_original(*home, before);
}

TEST_CASE("Ctrl-C while the copies are deleted leaves that to rollback", "[cli][across]") {
    const auto home = large_home();
    const auto slow =
        home ? slow_to_delete(*home, home->command({"rollback", "--yes"})) : std::nullopt;
    if (!slow) {
        return;
    }
    const Snapshot before = home->snapshot();
    REQUIRE(home->migrate().exit_code == 0);
    RunningCommand command(*slow);
    const fs::path copy = home->mounted() / "cache/cargo/registry";
    const std::string crates = "src/registry.example-5d0c3a7be9f81246/small-0000";
    REQUIRE(stop_when(command, [&] {
        return !fs::exists(copy / "CACHEDIR.TAG") || !fs::exists(copy / (crates + "00-1.0.0")) ||
               !fs::exists(copy / (crates + "99-1.0.0"));
    }));
    REQUIRE(has_record(*home, "rolled_back"));
    interrupt(command);
    const CommandResult result = command.wait();
    INFO(result.err);
    CHECK(result.exit_code == 5);
    CHECK(contains(result.err, "rehome rollback 1"));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    check_original(*home, before);
}

TEST_CASE("a copy that was killed is finished by resume", "[cli][across]") {
    const auto home = large_home();
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    {
        Standing standing(*home);
        standing.command().send_signal(SIGKILL);
        CHECK(standing.command().wait().signal == SIGKILL);
    }
    CHECK(home->migrate().exit_code == 3);
    const CommandResult resumed = home->run({"resume"});
    INFO(resumed.err);
    CHECK(resumed.exit_code == 0);
    CHECK(fs::is_symlink(*home / ".cargo/registry"));
    CHECK_FALSE(is_staging(*home));
    CHECK_FALSE(fs::exists(*home / original));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    check_original(*home, before);
}

TEST_CASE("a copy that was killed is undone by rollback", "[cli][across]") {
    const auto home = large_home();
    if (!home) {
        return;
    }
    const Snapshot before = home->snapshot();
    {
        Standing standing(*home);
        standing.command().send_signal(SIGKILL);
        standing.command().wait();
    }
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
    check_original(*home, before);
}

TEST_CASE("of two rehomes that would copy one wins", "[cli][across]") {
    const auto home = large_home();
    if (!home) {
        return;
    }
    Standing first(*home);
    const CommandResult second = home->migrate({"--wait", "0.2"});
    const CommandResult back = home->run({"rollback", "--yes", "--wait", "0.2"});
    const CommandResult resumed = home->run({"resume", "--wait", "0.2"});
    first.let_it_through();
    first.command().send_signal(SIGCONT);
    const CommandResult won = first.command().wait();
    INFO(won.err << second.err << back.err << resumed.err);
    CHECK(won.exit_code == 0);
    CHECK((second.exit_code == 3 || second.exit_code == 4));
    CHECK(back.exit_code == 4);
    CHECK(resumed.exit_code == 4);
    CHECK(fs::is_symlink(*home / ".cargo/registry"));
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
}
