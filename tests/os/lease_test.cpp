#include "os/lease.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

using rehome::os::Lease;
using namespace rehome::support;

TEST_CASE("whoever opens a file with a lease sleeps until that is given back", "[os]") {
    const TempDir directory;
    const auto path = directory / "file";
    write_file(path, "content");
    Lease::Refusal refusal = Lease::Refusal::none;
    auto lease = Lease::take(path, refusal);
    if (refusal == Lease::Refusal::unsupported) {
        fmt::print("SKIPPED: no leases on the filesystem of {}\n", path.string());
        return;
    }
    REQUIRE(lease);
    RunningCommand reader({.program = *which("cat"), .arguments = {path.string()}});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(reader.is_running());
    CHECK_FALSE(Lease::take(path, refusal));
    CHECK(refusal == Lease::Refusal::in_use);
    lease.reset();
    const CommandResult result = reader.wait();
    CHECK(result.exit_code == 0);
    CHECK(result.out == "content");
}

TEST_CASE("a lease is refused where somebody has the file open, or there is none", "[os]") {
    const TempDir directory;
    Lease::Refusal refusal = Lease::Refusal::none;
    CHECK_FALSE(Lease::take(directory / "none", refusal));
    CHECK(refusal == Lease::Refusal::unsupported);
    write_file(directory / "file", "content");
    const int descriptor = ::open((directory / "file").c_str(), O_RDONLY | O_CLOEXEC);
    CHECK_FALSE(Lease::take(directory / "file", refusal));
    ::close(descriptor);
    CHECK(refusal != Lease::Refusal::none);
    CHECK((Lease::take(directory / "file", refusal) || refusal == Lease::Refusal::unsupported));
}
