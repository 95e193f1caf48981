#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

Command shell(const std::string& script) {
    return {.program = "/bin/sh",
            .arguments = {"-c", script},
            .variables = {{"PATH", "/usr/bin:/bin"}}};
}

TEST_CASE("a command tells its exit code and both outputs apart", "[support]") {
    const CommandResult result = run(shell("echo to out; echo to err >&2; exit 7"));
    CHECK(result.exit_code == 7);
    CHECK(result.signal == 0);
    CHECK_FALSE(result.timed_out);
    CHECK(result.out == "to out\n");
    CHECK(result.err == "to err\n");
}

TEST_CASE("a command gets exactly the variables, input and directory it is given", "[support]") {
    const TempDir directory;
    Command command{.program = "/usr/bin/env",
                    .variables = {{"ONE", "a b"}, {"TWO", "line\nline"}},
                    .working_directory = directory.path()};
    CHECK(run(command).out == "ONE=a b\nTWO=line\nline\n");

    command.program = "/bin/sh";
    command.arguments = {"-c", "pwd; cat", "sh"};
    command.variables = {{"PATH", "/usr/bin:/bin"}};
    command.input = "the input\n";
    CHECK(run(command).out == directory.path().string() + "\nthe input\n");
}

TEST_CASE("a command inherits no descriptor", "[support]") {
    const int kept_open = ::open("/", O_RDONLY);
    REQUIRE(kept_open > 2);
    const CommandResult result =
        run(shell("test -e /dev/fd/2 && ! test -e /dev/fd/" + std::to_string(kept_open)));
    ::close(kept_open);
    CHECK(result.exit_code == 0);
}

TEST_CASE("a command may write much to both outputs without reading its input", "[support]") {
    Command command = shell("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2");
    command.input = std::string(1'000'000, 'x');
    const CommandResult result = run(command);
    CHECK(result.out.size() == 1'000'000);
    CHECK(result.err.size() == 1'000'000);
}

TEST_CASE("a command that a signal ended names the signal", "[support]") {
    const CommandResult result = run(shell("kill -KILL $$"));
    CHECK(result.signal == SIGKILL);
    CHECK(result.exit_code == -1);
}

TEST_CASE("at the time limit a command is killed with all that it started", "[support]") {
    const TempDir directory;
    const std::string fifo = (directory / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int reading = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reading >= 0);

    Command command = shell("sleep 1000 > '" + fifo + "' & echo begun; sleep 1000");
    command.time_limit = std::chrono::milliseconds(500);
    const CommandResult result = run(command);
    CHECK(result.timed_out);
    CHECK(result.signal == SIGKILL);
    CHECK(result.out == "begun\n");

    pollfd waiting{reading, POLLIN, 0};
    constexpr int far_less_than_the_sleep_ms = 20'000;
    CHECK(::poll(&waiting, 1, far_less_than_the_sleep_ms) == 1);
    CHECK((waiting.revents & POLLHUP) != 0);  // the last writer has gone
    ::close(reading);
}

TEST_CASE("a program or directory that is missing is an error", "[support]") {
    CHECK_THROWS_AS(run({.program = "/nowhere/program"}), std::system_error);
    Command command = shell("true");
    command.working_directory = "/nowhere";
    CHECK_THROWS_AS(run(command), std::system_error);
}

TEST_CASE("a running command shows its output so far and takes signals", "[support]") {
    RunningCommand command(shell("trap 'echo ended; exit 3' TERM; echo begun; "
                                 "while :; do sleep 0.01; done"));
    while (command.out_so_far() != "begun\n") {
        REQUIRE(command.is_running());
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    command.send_signal(SIGTERM);
    const CommandResult result = command.wait();
    CHECK(result.exit_code == 3);
    CHECK(result.out == "begun\nended\n");
    CHECK_FALSE(command.is_running());
}

TEST_CASE("a running command goes with its object", "[support]") {
    int id = 0;
    {
        const RunningCommand command(shell("exec sleep 1000"));
        id = command.id();
        CHECK(::kill(id, 0) == 0);
    }
    CHECK(::kill(id, 0) != 0);
}

TEST_CASE("a program is found on the path by its name", "[support]") {
    CHECK(which("sh"));
    CHECK_FALSE(which("no-program-has-this-name"));
}

}  // namespace
}  // namespace rehome::support
