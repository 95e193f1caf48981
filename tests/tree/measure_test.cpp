#include "support/files.hpp"
#include "support/temp_dir.hpp"
#include "tree/measure.hpp"

#include <catch2/catch.hpp>

#include <numeric>

using namespace rehome;
using tree::TreeSize;

TEST_CASE("a tree is measured with all that is in it", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "a/one", "12345");
    support::write_file(directory / "a/b/c/two", "123");
    std::filesystem::create_symlink("nowhere", directory / "a/link");
    const TreeSize size = tree::measure({directory / "a"}, 2).front();
    CHECK(size.files == 3);
    CHECK(size.directories == 3);
    CHECK(size.unreadable == 0);
    const std::uintmax_t files = 5 + 3 + std::string("nowhere").size();
    CHECK(size.bytes > files);  // the directories have a size too
    CHECK(size.disk_bytes >= 8192);
}

TEST_CASE("a file with several names counts once over all trees", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "a/one", std::string(5000, 'x'));
    std::filesystem::create_directory(directory / "b");
    std::filesystem::create_hard_link(directory / "a/one", directory / "a/again");
    std::filesystem::create_hard_link(directory / "a/one", directory / "b/again");
    const std::vector<TreeSize> sizes = tree::measure({directory / "a", directory / "b"}, 2);
    CHECK(sizes[0].files + sizes[1].files == 1);
}

TEST_CASE("a root may be a file, or missing", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "one", "12345");
    const std::vector<TreeSize> sizes = tree::measure({directory / "one", directory / "none"}, 2);
    CHECK(sizes[0].files == 1);
    CHECK(sizes[0].bytes == 5);
    CHECK(sizes[1] == TreeSize{});
}

TEST_CASE("any number of threads finds the same", "[tree]") {
    const support::TempDir directory;
    for (int outer = 0; outer < 40; ++outer) {
        for (int inner = 0; inner < 10; ++inner) {
            support::write_file(directory / (std::to_string(outer) + "/d/" + std::to_string(inner)),
                                std::string(static_cast<std::size_t>(outer), 'x'));
        }
    }
    const TreeSize alone = tree::measure({directory.path()}, 1).front();
    CHECK(alone.files == 400);
    CHECK(alone.directories == 81);
    for (const unsigned threads : {2U, 3U, 8U}) {
        CHECK(tree::measure({directory.path()}, threads).front() == alone);
    }
}

TEST_CASE("a deep tree is walked to its end", "[tree]") {
    const support::TempDir directory;
    std::filesystem::path deep = directory.path();
    for (int depth = 0; depth < 300; ++depth) {
        deep /= "d";
    }
    support::write_file(deep / "file", "x");
    const TreeSize size = tree::measure({directory.path()}, 2).front();
    CHECK(size.directories == 301);
    CHECK(size.files == 1);
}
