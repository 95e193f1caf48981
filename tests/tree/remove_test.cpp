#include "base/error.hpp"
#include "support/copying.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "tree/remove.hpp"

#include <catch2/catch.hpp>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

using namespace rehome;
using namespace rehome::support;

namespace {

void make_tree(const std::filesystem::path& root) {
    for (int number = 0; number < 100; ++number) {
        write_file(root / std::to_string(number % 7) / "d" / std::to_string(number), "x");
    }
    ::mkfifo((root / "pipe").c_str(), 0600);
    std::filesystem::create_directory(root / "empty");
}

}  // namespace

TEST_CASE("a tree is removed with all that is in it", "[tree]") {
    for (const unsigned workers : {1U, 4U}) {
        const TempDir directory;
        make_tree(directory / "tree");
        tree::Progress progress;
        os::Fs fs;
        tree::remove(fs, at(directory / "tree"), workers, &progress);
        CHECK_FALSE(std::filesystem::exists(directory / "tree"));
        CHECK(progress.files == 101);
    }
}

TEST_CASE("a file, a link and nothing are removed", "[tree]") {
    const TempDir directory;
    os::Fs fs;
    write_file(directory / "kept/file", "x");
    write_file(directory / "file", "x");
    std::filesystem::create_symlink("kept", directory / "link");
    for (const char* name : {"file", "link", "nothing"}) {
        tree::remove(fs, at(directory / name), 2);
        CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(directory / name)));
    }
    CHECK(std::filesystem::exists(directory / "kept/file"));
}

TEST_CASE("links are removed, never what they lead to", "[tree]") {
    const TempDir directory;
    os::Fs fs;
    make_tree(directory / "kept");
    std::filesystem::create_directory(directory / "tree");
    std::filesystem::create_symlink("../kept", directory / "tree/link");
    std::filesystem::create_symlink("..", directory / "tree/up");
    tree::remove(fs, at(directory / "tree"), 2);
    CHECK(std::filesystem::exists(directory / "kept/1/d/1"));
    CHECK_FALSE(std::filesystem::exists(directory / "tree"));
}

TEST_CASE("directories that may not be written are removed", "[tree]") {
    const TempDir directory;
    make_tree(directory / "tree");
    for (const char* name : {"tree/1/d", "tree/1", "tree/2", "tree"}) {
        set_mode(directory / name, name[4] == '\0' ? 0 : 0555);
    }
    FaultFs fs;
    tree::remove(fs, at(directory / "tree"), 2);
    CHECK_FALSE(std::filesystem::exists(directory / "tree"));
    int opened = 0;
    for (const std::string& call : fs.calls()) {
        opened += call.starts_with("chmod ") ? 1 : 0;
    }
    CHECK(opened == 4);
}

TEST_CASE("a failure ends the removal, and a second one goes on", "[tree]") {
    const TempDir directory;
    make_tree(directory / "tree");
    FaultFs fs(FaultFs::Fault::death, 50, EIO);
    CHECK_FALSE(error_of([&] { tree::remove(fs, at(directory / "tree"), 3); }).empty());
    CHECK(std::filesystem::exists(directory / "tree"));
    os::Fs real;
    tree::remove(real, at(directory / "tree"), 3);
    CHECK_FALSE(std::filesystem::exists(directory / "tree"));
}

TEST_CASE("a directory into which somebody goes on writing is named", "[tree]") {
    const TempDir directory;
    make_tree(directory / "tree");
    FaultFs fs;
    fs.watch([&](std::string_view call) {
        if (call == "rmdir") {
            write_file(directory / "tree/empty/late", "x");
        }
    });
    const std::string error = error_of([&] { tree::remove(fs, at(directory / "tree"), 1); });
    CHECK(error.find("is not empty") != std::string::npos);
    CHECK(std::filesystem::exists(directory / "tree/empty/late"));
}

TEST_CASE("a mount in a tree is not entered", "[tree]") {
    const TempDir directory;
    make_tree(directory / "tree");
    const std::filesystem::path point = directory / "tree/empty";
    if (::mount("none", point.c_str(), "tmpfs", 0, "size=1m") != 0) {
        WARN("SKIPPED: this machine permits no mounts");
        return;
    }
    write_file(point / "kept", "x");
    os::Fs fs;
    const std::string error = error_of([&] { tree::remove(fs, at(directory / "tree"), 2); });
    const bool kept = std::filesystem::exists(point / "kept");
    ::umount2(point.c_str(), MNT_DETACH);
    CHECK(error.find("empty'") != std::string::npos);
    CHECK(kept);
}
