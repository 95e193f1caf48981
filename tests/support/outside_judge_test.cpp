#include "support/command.hpp"
#include "support/files.hpp"
#include "support/outside_judge.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

void set_mtime(const fs::path& path, long nanoseconds) {
    const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT},
                                           timespec{1'600'000'000, nanoseconds}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0);
}

}  // namespace

TEST_CASE("the outside judge is silent on an equal copy and names each difference", "[support]") {
    const TempDir directory;
    const fs::path original = directory / "original";
    const fs::path copy = directory / "copy";
    write_file(original / "below/file", "text");
    write_file(original / "below/other", "other");
    fs::create_hard_link(original / "below/file", original / "second-name");
    fs::create_symlink("nowhere", original / "link");
    set_mtime(original / "below/file", 123'456'789);
    set_mtime(original / "below/other", 123'456'789);
    set_mtime(original / "below", 5);
    fs::create_directory(copy);
    if (const auto rsync = which("rsync")) {
        // What was made within one second is the same to it without -1.
        REQUIRE(run({.program = *rsync,
                     .arguments = {"-aHAX",
                                   "--modify-window=-1",
                                   original.string() + "/",
                                   copy.string() + "/"}})
                    .exit_code == 0);
    }
    const auto equal = outside_judge(original, copy);
    if (!equal) {
        return;
    }
    CHECK(*equal == "");

    SECTION("one byte, with the size and the time kept") {
        write_file(copy / "below/other", "oTher");
        set_mtime(copy / "below/other", 123'456'789);
        CHECK(*outside_judge(original, copy) == ">fc........ below/other\n");
    }
    SECTION("one mode") {
        fs::permissions(copy / "below/other", fs::perms::owner_exec, fs::perm_options::add);
        CHECK(*outside_judge(original, copy) == ".f...p..... below/other\n");
    }
    SECTION("one nanosecond, of a file and of a directory") {
        set_mtime(copy / "below/other", 123'456'790);
        CHECK(*outside_judge(original, copy) == ".f..t...... below/other\n");
        set_mtime(copy / "below", 6);
        CHECK(outside_judge(original, copy)->find(".d..t...... below/\n") != std::string::npos);
    }
    SECTION("one name more") {
        write_file(copy / "new", "");
        CHECK(outside_judge(original, copy)->find("*deleting   new\n") != std::string::npos);
    }
    SECTION("a hard link that became a file of its own") {
        fs::remove(copy / "second-name");
        fs::copy_file(copy / "below/file", copy / "second-name");
        set_mtime(copy / "second-name", 123'456'789);
        CHECK(outside_judge(original, copy)->find("second-name") != std::string::npos);
    }
    SECTION("a tree that is missing") {
        fs::remove_all(copy);
        CHECK(*outside_judge(original, copy) != "");
        CHECK(outside_judge(copy, original)->find("rsync ended with") != std::string::npos);
    }
}

}  // namespace rehome::support
