#include "os/process.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace rehome;

TEST_CASE("a program runs with exactly its variables and is read to its end", "[os]") {
    const os::Outcome outcome = os::run({.path = "/bin/sh",
                                         .arguments = {"-c", "echo $A-$HOME; pwd; exit 3"},
                                         .variables = {{"A", "x"}},
                                         .working_directory = "/usr"});
    CHECK(outcome.started);
    CHECK(outcome.exit_code == 3);
    CHECK(outcome.output == "x-\n/usr\n");
}

TEST_CASE("a missing program is told apart from one that fails", "[os]") {
    CHECK_FALSE(os::run({.path = "/nonexistent/program", .working_directory = "/"}).started);
}

TEST_CASE("a program that does not end is ended at the time limit", "[os]") {
    const os::Outcome outcome = os::run({.path = "/bin/sh",
                                         .arguments = {"-c", "while :; do :; done"},
                                         .working_directory = "/",
                                         .time_limit = std::chrono::milliseconds(200)});
    CHECK(outcome.timed_out);
}

TEST_CASE("a program that closes its output and goes on is ended at the time limit", "[os]") {
    const os::Outcome outcome = os::run({.path = "/bin/sh",
                                         .arguments = {"-c", "exec >&-; while :; do :; done"},
                                         .working_directory = "/",
                                         .time_limit = std::chrono::milliseconds(200)});
    CHECK(outcome.timed_out);
}

TEST_CASE("what a program has started ends with it at the time limit", "[os]") {
    const support::TempDir directory;
    const auto pipe = directory / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    // Whoever writes into it holds it open.
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    const os::Outcome outcome =
        os::run({.path = "/bin/sh",
                 .arguments = {"-c", "sleep 1000 >'" + pipe.string() + "' & echo begun; wait"},
                 .variables = {{"PATH", "/usr/bin:/bin"}},
                 .working_directory = "/",
                 .time_limit = std::chrono::milliseconds(500)});
    CHECK(outcome.timed_out);
    pollfd ended{.fd = reader, .events = POLLIN, .revents = 0};
    CHECK(::poll(&ended, 1, 60'000) == 1);
    CHECK((ended.revents & POLLHUP) != 0);
    ::close(reader);
}
