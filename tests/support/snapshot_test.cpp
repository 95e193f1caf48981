#include "support/acl.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "support/this_filesystem.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

void set_mtime(const fs::path& path, std::int64_t nanoseconds) {
    const timespec time{.tv_sec = nanoseconds / 1'000'000'000,
                        .tv_nsec = nanoseconds % 1'000'000'000};
    const std::array<timespec, 2> times = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0);
}

constexpr auto unchanged_id = static_cast<std::uint32_t>(-1);
constexpr std::int64_t some_time = 1'770'000'000'123'456'789;

// A directory with one of each kind of name, all with the same time.
class Tree {
public:
    Tree() {
        write_file(root() / "directory/file", "some text");
        write_file(root() / "twin", "of two names");
        fs::create_hard_link(root() / "twin", root() / "directory/twin");
        fs::create_symlink("directory/file", root() / "link");
        REQUIRE(::mkfifo((root() / "fifo").c_str(), 0600) == 0);
        write_file(root() / "sparse", "a hole follows");
        fs::resize_file(root() / "sparse", size_of_sparse);
        reset_times();
    }

    [[nodiscard]] fs::path root() const { return directory_ / "root"; }

    [[nodiscard]] fs::path operator/(const char* name) const { return root() / name; }

    // So that a change of one thing is a change of one thing.
    void reset_times() const {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root())) {
            set_mtime(entry.path(), some_time);
        }
        set_mtime(root(), some_time);
    }

    // What differs after the change, times apart.
    [[nodiscard]] std::string after(const std::function<void()>& change) const {
        reset_times();
        const Snapshot before = take_snapshot(root());
        change();
        reset_times();
        return difference(before, take_snapshot(root()));
    }

    static constexpr std::uintmax_t size_of_sparse = 1 << 20;

private:
    TempDir directory_;
};

// Whether there is exactly one line, and it says this; inode numbers and hashes are not known here.
void check_one_line(const std::string& lines, const std::string& start) {
    CAPTURE(lines, start);
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
    CHECK(lines.starts_with(start));
}

void set_attribute(const fs::path& path, const std::string& name, const std::string& value) {
    REQUIRE(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0);
}

TEST_CASE("a snapshot equals another one when nothing changed", "[support]") {
    const Tree tree;
    CHECK(tree.after([] {}) == "");
    const Snapshot snapshot = take_snapshot(tree.root());
    CHECK(snapshot.size() == 8);
    CHECK(snapshot == take_snapshot(tree.root() / ""));
}

TEST_CASE("a snapshot notices other content of the same size", "[support]") {
    const Tree tree;
    check_one_line(tree.after([&] { write_file(tree / "directory/file", "some test"); }),
                   "'directory/file': content ");
}

TEST_CASE("a snapshot notices another size", "[support]") {
    const Tree tree;
    const std::string lines =
        tree.after([&] { write_file(tree / "directory/file", "some text\n"); });
    CHECK_THAT(lines, Catch::Contains("'directory/file': size 9 became 10\n"));
}

TEST_CASE("a snapshot notices another mode, of files and of directories", "[support]") {
    const Tree tree;
    REQUIRE(::chmod((tree / "directory").c_str(), 0755) == 0);
    REQUIRE(::chmod((tree / "directory/file").c_str(), 0644) == 0);
    CHECK(tree.after([&] { ::chmod((tree / "directory/file").c_str(), 0600); }) ==
          "'directory/file': mode 0644 became 0600\n");
    CHECK(tree.after([&] { ::chmod((tree / "directory").c_str(), 0700); }) ==
          "'directory': mode 0755 became 0700\n");
}

TEST_CASE("a snapshot notices set-id and sticky bits", "[support]") {
    const Tree tree;
    REQUIRE(::chmod((tree / "directory").c_str(), 0755) == 0);
    REQUIRE(::chmod((tree / "directory/file").c_str(), 0755) == 0);
    CHECK(tree.after([&] { ::chmod((tree / "directory/file").c_str(), 04755); }) ==
          "'directory/file': mode 0755 became 4755\n");
    CHECK(tree.after([&] { ::chmod((tree / "directory/file").c_str(), 02755); }) ==
          "'directory/file': mode 4755 became 2755\n");
    CHECK(tree.after([&] { ::chmod((tree / "directory").c_str(), 01755); }) ==
          "'directory': mode 0755 became 1755\n");
}

TEST_CASE("a snapshot notices another owner", "[support]") {
    if (::geteuid() != 0) {
        std::cout << "SKIPPED: only root can give a file away\n";
        return;
    }
    const Tree tree;
    CHECK(tree.after([&] {
        REQUIRE(::lchown((tree / "link").c_str(), 1234, unchanged_id) == 0);
    }) == "'link': owner 0 became 1234\n");
    check_one_line(tree.after([&] {
        REQUIRE(::lchown((tree / "directory").c_str(), unchanged_id, 1234) == 0);
    }),
                   "'directory': group ");
}

TEST_CASE("a snapshot notices a time that is off by a nanosecond", "[support]") {
    const Tree tree;
    for (const char* name : {"directory/file", "directory", "link", "fifo", "."}) {
        CAPTURE(name);
        const Snapshot before = take_snapshot(tree.root());
        set_mtime(tree / name, some_time + 1);
        CHECK(difference(before, take_snapshot(tree.root())) ==
              std::string("'") + name +
                  "': mtime 1770000000.123456789 became 1770000000.123456790\n");
        set_mtime(tree / name, some_time);
    }
}

TEST_CASE("a snapshot notices extended attributes", "[support]") {
    const Tree tree;
    if (!keeps_attributes(tree.root())) {
        std::cout << "SKIPPED: no extended attributes on this filesystem\n";
        return;
    }
    for (const char* name : {"directory/file", "directory", "."}) {
        CAPTURE(name);
        const std::string start = std::string("'") + name + "': xattr user.note ";
        CHECK(tree.after([&] { set_attribute(tree / name, "user.note", "one"); }) ==
              start + "nothing became 'one'\n");
        CHECK(tree.after([&] { set_attribute(tree / name, "user.note", "two"); }) ==
              start + "'one' became 'two'\n");
        CHECK(tree.after([&] { ::lremovexattr((tree / name).c_str(), "user.note"); }) ==
              start + "'two' became nothing\n");
    }
}

TEST_CASE("a snapshot notices access control lists", "[support]") {
    const Tree tree;
    if (!keeps_attributes(tree.root())) {
        std::cout << "SKIPPED: no access control lists on this filesystem\n";
        return;
    }
    const fs::path directory = tree / "directory";
    REQUIRE(::chmod(directory.c_str(), 0770) == 0);
    const std::string access = "system.posix_acl_access";
    const auto set = [&](const std::string& name, const std::string& value) {
        return tree.after([&] { set_attribute(directory, name, value); });
    };
    CHECK(set(access, encode_acl(0770, {"u:1234:rx"})) ==
          "'directory': xattr system.posix_acl_access nothing became "
          "u::rwx,u:1234:r-x,g::rwx,m::rwx,o::---\n");
    CHECK(
        set(access, encode_acl(0770, {"u:1234:r"})) ==
        "'directory': xattr system.posix_acl_access u::rwx,u:1234:r-x,g::rwx,m::rwx,o::--- became "
        "u::rwx,u:1234:r--,g::rwx,m::rwx,o::---\n");
    CHECK(set("system.posix_acl_default", encode_acl(0750, {"g:99:w", "g:7:r"})) ==
          "'directory': xattr system.posix_acl_default nothing became "
          "u::rwx,g::r-x,g:7:r--,g:99:-w-,m::rwx,o::---\n");
}

TEST_CASE("a snapshot notices another link text", "[support]") {
    const Tree tree;
    const std::string lines = tree.after([&] {
        fs::remove(tree / "link");
        fs::create_symlink("directory/twin", tree / "link");
    });
    CHECK_THAT(lines,
               Catch::Contains("'link': link text 'directory/file' became 'directory/twin'\n"));
}

TEST_CASE("a snapshot notices another type", "[support]") {
    const Tree tree;
    const std::string lines = tree.after([&] {
        fs::remove(tree / "fifo");
        write_file(tree / "fifo", "");
    });
    CHECK_THAT(lines, Catch::Contains("'fifo': type fifo became file\n"));
}

TEST_CASE("a snapshot notices another device", "[support]") {
    const Tree tree;
    const fs::path device = tree / "device";
    if (::mknod(device.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) != 0) {
        std::cout << "SKIPPED: only root can make devices\n";
        return;
    }
    const std::string lines = tree.after([&] {
        fs::remove(device);
        REQUIRE(::mknod(device.c_str(), S_IFCHR | 0600, ::makedev(1, 5)) == 0);
    });
    CHECK_THAT(lines, Catch::Contains("'device': device 259 became 261\n"));
}

TEST_CASE("a snapshot notices a hard link that became a copy", "[support]") {
    const Tree tree;
    const Snapshot before = take_snapshot(tree.root(), {.inodes = Inodes::left_out});
    fs::rename(tree / "twin", tree / "old");
    fs::copy_file(tree / "old", tree / "twin");
    fs::remove(tree / "old");
    tree.reset_times();
    CHECK(difference(before, take_snapshot(tree.root(), {.inodes = Inodes::left_out})) ==
          "'directory/twin': hard link to 'directory/twin' became ''\n"
          "'twin': hard link to 'directory/twin' became ''\n");
}

TEST_CASE("a snapshot notices names that came and went", "[support]") {
    const Tree tree;
    CHECK(tree.after([&] { write_file(tree / "directory/new", ""); }) ==
          "'directory/new': a new file\n");
    CHECK(tree.after([&] { fs::remove_all(tree / "directory/new"); }) ==
          "'directory/new': the file is gone\n");
    CHECK(tree.after([&] { fs::create_directory(tree / "empty"); }) ==
          "'empty': a new directory\n");
}

TEST_CASE("a snapshot notices an inode that was replaced, unless told not to", "[support]") {
    const Tree tree;
    const Snapshot without = take_snapshot(tree.root(), {.inodes = Inodes::left_out});
    check_one_line(tree.after([&] {
        fs::copy_file(tree / "directory/file", tree / "directory/copy");
        fs::rename(tree / "directory/copy", tree / "directory/file");
    }),
                   "'directory/file': inode ");
    CHECK(difference(without, take_snapshot(tree.root(), {.inodes = Inodes::left_out})) == "");
}

TEST_CASE("a snapshot notices a hole that was filled", "[support]") {
    const Tree tree;
    if (!keeps_holes(tree.root())) {
        std::cout << "SKIPPED: no holes on this filesystem\n";
        return;
    }
    CHECK(tree.after([&] {
        std::string content = read_file(tree / "sparse");
        REQUIRE(content.size() == Tree::size_of_sparse);
        write_file(tree / "sparse", content);
    }) == "'sparse': holes yes became no\n");
}

TEST_CASE("a snapshot leaves out the paths that it is told to", "[support]") {
    const Tree tree;
    const Snapshot snapshot = take_snapshot(tree.root(), {.except = {".", "directory", "fifo"}});
    CHECK(snapshot.size() == 3);
    CHECK(snapshot.contains("link"));
}

TEST_CASE("a snapshot follows no link, the root included", "[support]") {
    const Tree tree;
    fs::create_directory_symlink("directory", tree / "alias");
    const Snapshot snapshot = take_snapshot(tree / "alias");
    REQUIRE(snapshot.size() == 1);
    CHECK(snapshot.at(".").type == "symlink");
    CHECK_FALSE(take_snapshot(tree.root()).contains("alias/file"));
}

TEST_CASE("a snapshot of nothing is an error", "[support]") {
    const TempDir directory;
    CHECK_THROWS_AS(take_snapshot(directory / "missing"), std::system_error);
}

TEST_CASE("names in a difference are escaped", "[support]") {
    const Tree tree;
    CHECK(tree.after([&] { write_file(tree / "new\nline\xff", ""); }) ==
          "'new\\nline\\xff': a new file\n");
}

}  // namespace
}  // namespace rehome::support
