#include "support/canary.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

using namespace rehome::support;
namespace fs = std::filesystem;

TEST_CASE("a canary tells of reading, listing, changing, and of nothing else", "[support]") {
    Canary canary;
    CHECK(canary.touched() == "");
    (void)fs::status(canary.path() / "file");
    CHECK(canary.touched() == "");
    (void)read_file(canary.path() / "inside/file");
    CHECK(canary.touched() != "");
    for (const fs::directory_entry& entry : fs::directory_iterator(canary.path())) {
        (void)entry;
    }
    CHECK(canary.touched() != "");
    fs::permissions(canary.path() / "file", fs::perms(0600));
    CHECK(canary.touched() != "");
    fs::remove(canary.path() / "inside/file");
    CHECK(canary.touched() != "");
}
