#include "support/files.hpp"
#include "support/temp_dir.hpp"
#include "tree/measure.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

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

namespace {

tree::Tree survey(const std::filesystem::path& path, tree::Root root = {}) {
    root.path = path;
    return tree::survey({root}, 2).trees.front();
}

}  // namespace

TEST_CASE("what stands in the way of a copy is named", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "a/b/a-long-name", "x");
    support::write_file(directory / "a/c", "x");
    REQUIRE(::mkfifo((directory / "a/b/pipe").c_str(), 0600) == 0);
    const tree::TreeTraits traits = survey(directory / "a").traits;
    CHECK(traits.longest_name == "a-long-name");
    CHECK(traits.special == directory / "a/b/pipe");
    CHECK(traits.unreadable.empty());
    CHECK(traits.entries == 5);
    CHECK(traits.room >= 4UL * 4096);
    CHECK(survey(directory / "a/b/pipe").traits.special == directory / "a/b/pipe");
}

TEST_CASE("what the caller may not read is named", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "a/b/secret", "x");
    std::filesystem::permissions(directory / "a/b/secret", std::filesystem::perms::none);
    if (::geteuid() == 0) {
        WARN("SKIPPED: root may read everything");
        return;
    }
    CHECK(survey(directory / "a").traits.unreadable == directory / "a/b/secret");
}

TEST_CASE("names that differ only in case are looked for when asked", "[tree]") {
    const support::TempDir directory;
    support::write_file(directory / "a/Readme", "x");
    support::write_file(directory / "a/b/README", "x");
    CHECK(survey(directory / "a", {.letters = tree::Case::ignored}).traits.alike.empty());
    support::write_file(directory / "a/README", "x");
    CHECK_FALSE(survey(directory / "a", {.letters = tree::Case::ignored}).traits.alike.empty());
    CHECK(survey(directory / "a").traits.alike.empty());
}

TEST_CASE("what is left out is not entered", "[tree]") {
    const support::TempDir directory;
    for (const char* file : {"a/src/x", "a/cache/x", "a/b/src/x", "a/b/srcs/x"}) {
        support::write_file(directory / file, "x");
    }
    CHECK(survey(directory / "a").size.files == 4);
    CHECK(survey(directory / "a", {.left_out = {"src"}}).size.files == 3);
    CHECK(survey(directory / "a", {.left_out = {"src", "b/src"}}).size.files == 2);
}

TEST_CASE("names of one file in two trees and outside are told", "[tree]") {
    const support::TempDir directory;
    for (const char* name : {"a", "b", "c"}) {
        std::filesystem::create_directory(directory / name);
    }
    support::write_file(directory / "a/one", "12345");
    std::filesystem::create_hard_link(directory / "a/one", directory / "a/two");
    const std::vector<tree::Root> roots{{.path = directory / "a"}, {.path = directory / "b"}};
    CHECK(tree::survey(roots, 1).shared.empty());

    std::filesystem::create_hard_link(directory / "a/one", directory / "b/three");
    tree::Survey survey = tree::survey(roots, 1);
    REQUIRE(survey.shared.size() == 1);
    CHECK(survey.shared[0].other.has_value());
    CHECK(survey.shared[0].files == 1);
    CHECK(survey.shared[0].room == 4096);
    CHECK_FALSE(survey.shared[0].name.empty());
    CHECK_FALSE(survey.shared[0].other_name.empty());
    CHECK(survey.trees[0].size.files + survey.trees[1].size.files == 1);
    CHECK(survey.trees[0].traits.entries + survey.trees[1].traits.entries == 4);

    std::filesystem::remove(directory / "b/three");
    std::filesystem::create_hard_link(directory / "a/one", directory / "c/four");
    survey = tree::survey(roots, 1);
    REQUIRE(survey.shared.size() == 1);
    CHECK(survey.shared[0].one == 0);
    CHECK_FALSE(survey.shared[0].other.has_value());
    CHECK(survey.shared[0].name.parent_path() == directory / "a");
}
