#include "os/mounts.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

dev_t device_of(const fs::path& path) {
    struct stat info = {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_dev;
}

// "" where nothing is mounted.
std::string type_mounted_at(const fs::path& path) {
    for (const os::Mount& mount : os::parse_mounts(read_file("/proc/thread-self/mountinfo"))) {
        if (mount.point == path) {
            return mount.type;
        }
    }
    return "";
}

// What a program that the test starts sees, and what the machine sees.
void check_own_filesystem(Filesystem filesystem, const std::string& type) {
    fs::path path;
    {
        const auto mounted = mount_or_skip(filesystem);
        if (!mounted) {
            return;
        }
        path = mounted->path();
        CHECK(type_mounted_at(path) == type);
        CHECK(device_of(path) != device_of(path.parent_path()));
        write_file(*mounted / "a/file", "text");
        const CommandResult child = run({.program = *which("cat"), .arguments = {path / "a/file"}});
        CHECK(child.out == "text");
        const std::string machine = read_file("/proc/1/mountinfo");
        CHECK(machine.find(path.string()) == std::string::npos);
    }
    CHECK(type_mounted_at(path) == "");
    CHECK_FALSE(fs::exists(path.parent_path()));
}

void sync(const Mounted& mounted) {
    const int root = ::open(mounted.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(::syncfs(root) == 0);
    ::close(root);
}

// A file that was synced, and one that was not, after an outage.
void check_outage(Filesystem filesystem, Outage outage) {
    const auto disk = mount_or_skip(filesystem);
    if (!disk) {
        return;
    }
    write_file(*disk / "synced", "text");
    sync(*disk);
    write_file(*disk / "not-synced", "text");
    disk->cut_power(outage);
    disk->boot();
    CHECK(read_file(*disk / "synced") == "text");
    CHECK(fs::exists(*disk / "not-synced") == (outage == Outage::log_written));
}

}  // namespace

TEST_CASE("a tmpfs is mounted for the test alone and goes with it", "[support]") {
    check_own_filesystem(Filesystem::tmpfs, "tmpfs");
}

TEST_CASE("an ext4 is mounted for the test alone and goes with it", "[support]") {
    check_own_filesystem(Filesystem::ext4, "ext4");
}

TEST_CASE("an xfs is mounted for the test alone and goes with it", "[support]") {
    check_own_filesystem(Filesystem::xfs, "xfs");
}

TEST_CASE("a btrfs is mounted for the test alone and goes with it", "[support]") {
    check_own_filesystem(Filesystem::btrfs, "btrfs");
}

TEST_CASE("a small tmpfs is full soon", "[support]") {
    const auto small = mount_or_skip(Filesystem::tmpfs, {.options = "size=64k,nr_inodes=4"});
    if (!small) {
        return;
    }
    CHECK(fs::space(small->path()).capacity == 64 * 1024);
    write_file(*small / "1", "");
    write_file(*small / "2", "");
    write_file(*small / "3", "");
    CHECK_THROWS(write_file(*small / "4", ""));
}

TEST_CASE("an overlay shows what lies below and leaves it as it is", "[support]") {
    const TempDir lower;
    write_file(lower / "directory/file", "below");
    const auto overlay =
        mount_or_skip(Filesystem::overlay, {.options = "redirect_dir=off", .source = lower.path()});
    if (!overlay) {
        return;
    }
    CHECK(read_file(*overlay / "directory/file") == "below");
    write_file(*overlay / "directory/file", "above");
    CHECK(read_file(lower / "directory/file") == "below");
    std::error_code code;
    fs::rename(*overlay / "directory", *overlay / "renamed", code);
    CHECK(code == std::errc::cross_device_link);
}

TEST_CASE("a directory that is bound elsewhere is another mount of one device", "[support]") {
    const TempDir shown;
    const TempDir place;
    write_file(shown / "file", "text");
    {
        const auto bound =
            mount_or_skip(Filesystem::bind, {.source = shown.path(), .directory = place.path()});
        if (!bound) {
            return;
        }
        CHECK(bound->path() == place.path());
        CHECK(read_file(place / "file") == "text");
        CHECK(device_of(place.path()) == device_of(shown.path()));
        std::error_code code;
        fs::rename(place / "file", shown / "renamed", code);
        CHECK(code == std::errc::cross_device_link);
    }
    CHECK(fs::is_empty(place.path()));
    CHECK(read_file(shown / "file") == "text");
}

TEST_CASE("a disk that is mounted again still holds its files", "[support]") {
    const auto disk = mount_or_skip(Filesystem::ext4, {.megabytes = 16});
    if (!disk) {
        return;
    }
    write_file(*disk / "file", "text");
    disk->unmount();
    CHECK(fs::is_empty(disk->path()));
    disk->mount();
    CHECK(read_file(*disk / "file") == "text");
}

TEST_CASE("when the power fails a disk loses what was not synced", "[support]") {
    for (const Filesystem filesystem : {Filesystem::ext4, Filesystem::xfs, Filesystem::btrfs}) {
        check_outage(filesystem, Outage::log_lost);
    }
}

TEST_CASE("when the power fails just after the log was written a disk keeps the names",
          "[support]") {
    check_outage(Filesystem::ext4, Outage::log_written);
    check_outage(Filesystem::xfs, Outage::log_written);
}

TEST_CASE("a filesystem goes although a file of it is open", "[support]") {
    std::ifstream open;
    fs::path path;
    {
        const auto memory = mount_or_skip(Filesystem::tmpfs);
        if (!memory) {
            return;
        }
        path = memory->path();
        write_file(*memory / "file", "text");
        open.open(*memory / "file");
    }
    CHECK_FALSE(fs::exists(path));
    std::string text;
    open >> text;
    CHECK(text == "text");
}

TEST_CASE("what cannot be mounted says why", "[support]") {
    CHECK_THROWS_AS(Mounted(Filesystem::bind, {.source = "/no/such/directory"}), CannotMount);
}

}  // namespace rehome::support
