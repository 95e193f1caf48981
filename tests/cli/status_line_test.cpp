#include "cli/status_line.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using std::chrono::seconds;

TEST_CASE("the status line tells item, bytes, rate, time left and files", "[cli]") {
    const apply::Progress::State state{.verb = "Copying",
                                       .item = "cargo/registry",
                                       .files = 1000,
                                       .bytes = 1U << 30U,
                                       .all_files = 4000,
                                       .all_bytes = std::uint64_t{2} << 30U,
                                       .number = 2,
                                       .items = 13};
    CHECK(cli::status_text(state, seconds(2)) ==
          "2/13 cargo/registry: 1.0 GiB of 2.0 GiB, 512.0 MiB/s, 6 s left, 1,000 files of 4000");
    CHECK(cli::status_text(state, seconds(0)) ==
          "2/13 cargo/registry: 1.0 GiB of 2.0 GiB, 1,000 files of 4000");
    CHECK(cli::status_text(state, seconds(200)).find(", 10 min left,") != std::string::npos);
}

TEST_CASE("a status line without known totals tells what it has", "[cli]") {
    CHECK(cli::status_text({.verb = "Deleting", .item = "cargo/a\nb", .files = 1}, seconds(9)) ==
          "cargo/a\\nb: 1 file");
}
