#include "os/process.hpp"

#include <catch2/catch.hpp>

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
