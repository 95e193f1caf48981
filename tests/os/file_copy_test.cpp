#include "os/fs.hpp"
#include "support/acl.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"
#include "support/this_filesystem.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

using namespace rehome;
using namespace rehome::support;
using Result = os::FileCopy::Result;

namespace {

constexpr const char* access_acl = "system.posix_acl_access";
constexpr const char* default_acl = "system.posix_acl_default";

struct Pair {
    support::TempDir directory;
    std::filesystem::path from = directory / "from";
    std::filesystem::path to = directory / "to";
    os::Fs fs;
    os::CopyBuffer buffer;

    os::FileCopy copy() { return fs.copy_file(at(from), at(to), buffer); }

    os::FileCopy copy_link() { return fs.copy_link(at(from), at(to)); }
};

// Data at some places of a file, holes between.
void write_sparse(const std::filesystem::path& path, std::uintmax_t size,
                  const std::vector<std::uintmax_t>& places) {
    support::write_file(path, "");
    std::filesystem::resize_file(path, size);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (const std::uintmax_t place : places) {
        file.seekp(static_cast<std::streamoff>(place));
        file << "data at " << place;
    }
}

}  // namespace

TEST_CASE("a file of any size is copied to its last byte", "[os]") {
    for (const std::size_t size :
         {0U, 1U, 4095U, 4096U, 4097U, 262143U, 262144U, 262145U, 1000003U}) {
        Pair pair;
        support::write_file(pair.from, text_of_size(size));
        const os::FileCopy copy = pair.copy();
        CHECK(copy.result == Result::done);
        CHECK(copy.info == info_of(pair.from));
        CHECK(copy.content == base::digest_of(text_of_size(size)));
        CHECK(difference_of(pair.from, pair.to).empty());
    }
}

TEST_CASE("a file keeps its holes and their places", "[os]") {
    Pair pair;
    if (!support::keeps_holes(pair.directory.path())) {
        WARN("SKIPPED: this filesystem has no holes");
        return;
    }
    constexpr std::uintmax_t mega = 1 << 20;
    const std::vector<std::vector<std::uintmax_t>> layouts = {
        {}, {0}, {2 * mega}, {4 * mega - 20}, {0, 3 * mega + 5}, {4095, mega - 1, 4 * mega - 30}};
    for (const auto& places : layouts) {
        write_sparse(pair.from, 4 * mega, places);
        const os::FileCopy copy = pair.copy();
        CHECK(copy.content == pair.fs.examine(at(pair.to), pair.buffer, os::Cache::used).content);
        CHECK(difference_of(pair.from, pair.to).empty());
        CHECK(info_of(pair.to).disk_bytes <= info_of(pair.from).disk_bytes);
        std::filesystem::remove(pair.to);
    }
}

TEST_CASE("a hole of a terabyte costs nothing", "[os]") {
    Pair pair;
    if (!support::keeps_holes(pair.directory.path())) {
        WARN("SKIPPED: this filesystem has no holes");
        return;
    }
    constexpr std::uintmax_t tera = std::uintmax_t{1} << 40;
    write_sparse(pair.from, tera, {0, tera / 2 + 1, tera - 40});
    const os::FileCopy copy = pair.copy();
    CHECK(copy.result == Result::done);
    CHECK(info_of(pair.to).size == tera);
    CHECK(info_of(pair.to).disk_bytes < 1 << 20);
    const os::FileCopy back = pair.fs.examine(at(pair.to), pair.buffer, os::Cache::dropped);
    CHECK(back.content == copy.content);
    std::ifstream file(pair.to, std::ios::binary);
    std::string text(7, '\0');
    file.seekg(static_cast<std::streamoff>(tera / 2 + 1));
    file.read(text.data(), 7);
    CHECK(text == "data at");
}

TEST_CASE("a file keeps mode, time and attributes", "[os]") {
    Pair pair;
    for (const std::uint32_t mode : {0000U, 0400U, 0644U, 0755U, 01777U, 02755U, 04755U, 06711U}) {
        support::write_file(pair.from, "text");
        set_mode(pair.from, mode);
        for (const std::int64_t time : {1'600'000'000'123'456'789,
                                        0L,
                                        -1L,
                                        -1'000'000'000L,
                                        1L,
                                        -2'000'000'000'999'999'999}) {
            set_mtime(pair.from, time);
            CHECK(pair.copy().result == Result::done);
            CHECK(info_of(pair.to).mode == mode);
            CHECK(difference_of(pair.from, pair.to).empty());
            std::filesystem::remove(pair.to);
        }
        std::filesystem::remove(pair.from);
    }
}

TEST_CASE("a file keeps extended attributes and its ACL", "[os]") {
    Pair pair;
    if (!support::keeps_attributes(pair.directory.path())) {
        WARN("SKIPPED: this filesystem has no attributes");
        return;
    }
    support::write_file(pair.from, "text");
    set_attribute(pair.from, "user.empty", "");
    set_attribute(pair.from, "user.bytes", std::string("\0\xff\n", 3));
    set_attribute(pair.from, "user.long", std::string(3000, 'x'));
    set_acl(pair.from, access_acl, 0640, {"u:1234:rw", "g:77:r"});
    set_mode(pair.from, 0444);
    set_mtime(pair.from, 5);
    const os::FileCopy copy = pair.copy();
    CHECK(copy.attributes != 0);
    CHECK(difference_of(pair.from, pair.to).empty());
    CHECK(pair.fs.attributes_checksum(at(pair.to)) == copy.attributes);
    CHECK(pair.fs.examine(at(pair.to), pair.buffer, os::Cache::used).attributes == copy.attributes);
    set_attribute(pair.to, "user.bytes", "other");
    CHECK(pair.fs.attributes_checksum(at(pair.to)) != copy.attributes);
}

TEST_CASE("a file and a link keep their owner", "[os]") {
    if (::geteuid() != 0) {
        WARN("SKIPPED: only root may give files away");
        return;
    }
    Pair pair;
    support::write_file(pair.from, "text");
    set_owner(pair.from, 1234, 4321);
    set_mode(pair.from, 06755);  // a change of the owner takes these off
    CHECK(pair.copy().result == Result::done);
    CHECK(difference_of(pair.from, pair.to).empty());
    std::filesystem::remove(pair.from);
    std::filesystem::remove(pair.to);
    std::filesystem::create_symlink("nowhere", pair.from);
    set_owner(pair.from, 1234, 4321);
    CHECK(pair.copy_link().result == Result::done);
    CHECK(difference_of(pair.from, pair.to).empty());
}

TEST_CASE("a link is copied with its text and time, wherever it leads", "[os]") {
    for (const std::string& text : {std::string("nowhere"),
                                    std::string("from"),
                                    std::string("/"),
                                    std::string("a\nb\xff"),
                                    std::string(4000, 'x')}) {
        Pair pair;
        std::filesystem::create_symlink(text, pair.from);
        set_mtime(pair.from, -77'000'000'001);
        const os::FileCopy copy = pair.copy_link();
        CHECK(copy.result == Result::done);
        CHECK(copy.content == base::digest_of(text));
        CHECK(difference_of(pair.from, pair.to).empty());
        CHECK(pair.copy_link().result == Result::name_taken);
        CHECK(pair.fs.examine(at(pair.to), pair.buffer, os::Cache::used).content == copy.content);
    }
}

TEST_CASE("what is no regular file is no file to copy", "[os]") {
    Pair pair;
    CHECK(pair.copy().result == Result::vanished);
    CHECK(pair.copy_link().result == Result::vanished);
    CHECK(pair.fs.examine(at(pair.from), pair.buffer, os::Cache::used).result == Result::vanished);
    std::filesystem::create_directory(pair.from);
    CHECK(pair.copy().result == Result::vanished);
    CHECK(pair.copy_link().result == Result::vanished);
    std::filesystem::remove(pair.from);
    REQUIRE(::mkfifo(pair.from.c_str(), 0600) == 0);
    CHECK(pair.copy().result == Result::vanished);
    CHECK(pair.fs.examine(at(pair.from), pair.buffer, os::Cache::used).result == Result::vanished);
    std::filesystem::remove(pair.from);
    support::write_file(pair.directory / "other", "text");
    std::filesystem::create_symlink("other", pair.from);
    CHECK(pair.copy().result == Result::vanished);
    CHECK_FALSE(std::filesystem::exists(pair.to));
}

TEST_CASE("what stands at the new name is left alone", "[os]") {
    Pair pair;
    support::write_file(pair.from, "text");
    support::write_file(pair.to, "mine");
    CHECK(pair.copy().result == Result::name_taken);
    CHECK(support::read_file(pair.to) == "mine");
    std::filesystem::remove(pair.to);
    std::filesystem::create_symlink("outside", pair.to);
    CHECK(pair.copy().result == Result::name_taken);
    CHECK_FALSE(std::filesystem::exists(pair.directory / "outside"));
}

TEST_CASE("a copy that fails leaves nothing behind", "[os]") {
    Pair pair;
    support::write_file(pair.from, text_of_size(1 << 20));
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = old;
    small.rlim_cur = 300'000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string error = error_of([&] { pair.copy(); });
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    CHECK(error.find(pair.to.native()) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(pair.to));
}

TEST_CASE("a time that cannot be told in nanoseconds is refused, not bent", "[os]") {
    Pair pair;
    support::write_file(pair.from, "text");
    const std::array<timespec, 2> times{
        {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = 10'000'000'000, .tv_nsec = 0}}};

    struct stat status {};

    if (::utimensat(AT_FDCWD, pair.from.c_str(), times.data(), 0) != 0 ||
        ::stat(pair.from.c_str(), &status) != 0 || status.st_mtim.tv_sec != 10'000'000'000) {
        WARN("SKIPPED: this filesystem ends before the year 2262");
        return;
    }
    CHECK(info_of(pair.from).mtime == os::latest_time);
    CHECK(error_of([&] { pair.copy(); }).find("2262") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(pair.to));
}

TEST_CASE("a file that grows while it is read is unsteady", "[os]") {
    Pair pair;
    support::write_file(pair.from, text_of_size(8 << 20));
    std::atomic<bool> stop = false;
    std::jthread writer([&] {
        std::ofstream file(pair.from, std::ios::binary | std::ios::app);
        while (!stop) {
            file << "more" << std::flush;
        }
    });
    Result result = Result::done;
    for (int round = 0; round < 1000 && result == Result::done; ++round) {
        const os::FileCopy copy = pair.copy();
        result = copy.result;
        CHECK(std::filesystem::file_size(pair.to) == copy.info.size);
        std::filesystem::remove(pair.to);
    }
    stop = true;
    CHECK(result == Result::unsteady);
}

TEST_CASE("a file that ends before its size is unsteady", "[os]") {
    Pair pair;
    pair.from = "/sys/kernel/mm/transparent_hugepage/enabled";  // says 4096, and is shorter
    if (!std::filesystem::exists(pair.from)) {
        WARN("SKIPPED: no file that is shorter than it says");
        return;
    }
    CHECK(pair.copy().result == Result::unsteady);
    CHECK(support::read_file(pair.to) == support::read_file(pair.from));
}

TEST_CASE("a private directory inherits nothing", "[os]") {
    Pair pair;
    std::filesystem::create_directory(pair.from);
    if (support::keeps_attributes(pair.from)) {
        set_acl(pair.from, default_acl, 0777, {"u:1234:rwx"});
    }
    set_mode(pair.from, 02777);
    CHECK(pair.fs.make_private_directory(at(pair.from / "own")) == os::Made::done);
    CHECK(info_of(pair.from / "own").mode == 0700);
    CHECK(attribute(pair.from / "own", access_acl).empty());
    CHECK(attribute(pair.from / "own", default_acl).empty());
    CHECK(pair.fs.make_private_directory(at(pair.from / "own")) == os::Made::exists);
}

TEST_CASE("a directory gets the attributes of another, and loses its own", "[os]") {
    Pair pair;
    for (const auto& path : {pair.from, pair.to}) {
        std::filesystem::create_directory(path);
    }
    if (!support::keeps_attributes(pair.from)) {
        WARN("SKIPPED: this filesystem has no attributes");
        return;
    }
    set_attribute(pair.from, "user.one", "1");
    set_acl(pair.from, default_acl, 0750, {"g:100:rx"});
    set_attribute(pair.to, "user.one", "2");
    set_attribute(pair.to, "user.other", "1");
    set_acl(pair.to, access_acl, 0777, {"u:1234:rwx"});
    set_mode(pair.from, 03755);
    set_mtime(pair.from, -5);
    const os::FileCopy copy =
        pair.fs.copy_attributes(pair.fs.open(pair.from), pair.fs.open(pair.to));
    CHECK(copy.info == info_of(pair.from));
    CHECK(difference_of(pair.from, pair.to).empty());
    CHECK(pair.fs.attributes_checksum(pair.fs.open(pair.to)) == copy.attributes);
}
