// Items that hold whatever a filesystem can hold, moved and brought back by the real rehome: by
// rename, and by copy to a filesystem of its own.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "os/fs.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "tree/remove.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <optional>

using namespace rehome;
using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* item = ".cargo/registry";

std::vector<std::string> odd_names() {
    return {"new\nline",
            "\xff\xfe not UTF-8",
            std::string(255, 'n'),
            "-rf",
            "\x1b[31mred",
            "tab\tand \"quotes\" 'too'",
            " ",
            "back\\slash",
            "$(touch x)`touch y`",
            "*",
            ".rehome-1-registry"};
}

void add_odd_names(const fs::path& root) {
    for (const std::string& name : odd_names()) {
        write_file(root / "as files" / name, name);
        write_file(root / "as directories" / name / "file", name);
        fs::create_directories(root / "as links");
        fs::create_symlink(name, root / "as links" / name);
    }
}

void add_odd_links(const fs::path& root) {
    fs::create_symlink("loop", root / "loop");
    fs::create_symlink("two", root / "one");
    fs::create_symlink("one", root / "two");
    fs::create_symlink("nowhere", root / "dangling");
    fs::create_symlink("/etc", root / "out");
    fs::create_symlink("../../../..", root / "up");
    fs::create_symlink(".", root / "itself");
    fs::create_symlink(std::string(4000, 'x'), root / "long");
}

enum class Special { pipe, socket, device };

// False where this user may not make one.
bool make_special(const fs::path& path, Special special) {
    switch (special) {
        case Special::pipe: return ::mkfifo(path.c_str(), 0640) == 0;
        case Special::socket: return ::mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0;
        case Special::device: return ::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
    }
    return false;
}

// A chain of directories with these names, as deep as said, and a file at its end.
void make_chain(const fs::path& root, const std::string& name, int depth) {
    int directory = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int level = 0; level < depth; ++level) {
        ::mkdirat(directory, name.c_str(), 0755);
        const int next = ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::close(directory);
        directory = next;
    }
    ::close(::openat(directory, "end", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ::close(directory);
}

// How deep that chain is there, or -1 where its end lacks the file.
int depth_of_chain(const fs::path& root, const std::string& name) {
    int directory = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int depth = 0;
    for (int next = 0;
         (next = ::openat(
              directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) >= 0;
         ++depth) {
        ::close(directory);
        directory = next;
    }
    const bool has_end = ::faccessat(directory, "end", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    ::close(directory);
    return has_end ? depth : -1;
}

void check_chain(const std::string& name, int depth) {
    const auto there = mount_or_skip(Filesystem::tmpfs);
    if (!there) {
        return;
    }
    const NearHome home;
    make_chain(home / item, name, depth);
    for (const bool across : {false, true}) {
        INFO((across ? "across" : "on one filesystem"));
        const CommandResult moved =
            home.migrate(across ? sent_to(there->path()) : std::vector<std::string>{});
        INFO(moved.err);
        CHECK(moved.exit_code == 0);
        CHECK(fs::is_symlink(home / item));
        CHECK(depth_of_chain(home / item, name) == depth);
        const CommandResult back = home.run({"rollback", "--yes"});
        INFO(back.err);
        CHECK(back.exit_code == 0);
        CHECK(fs::is_directory(fs::symlink_status(home / item)));
        CHECK(depth_of_chain(home / item, name) == depth);
    }
    os::Fs disk;
    tree::remove(disk, at(home / item), 2);
}

struct stat status_of(const fs::path& path) {
    struct stat status {};

    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

// Times and the most memory that a child had so far.
class Measure {
public:
    [[nodiscard]] std::string text() const {
        rusage children{};
        ::getrusage(RUSAGE_CHILDREN, &children);
        const auto passed = std::chrono::steady_clock::now() - begun_;
        return fmt::format("{:.1f} s, {} MiB at most so far",
                           std::chrono::duration<double>(passed).count(),
                           children.ru_maxrss / 1024);
    }

private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

void check_wide(int files) {
    const auto there = mount_or_skip(Filesystem::tmpfs);
    if (!there) {
        return;
    }
    const NearHome home;
    fs::create_directory(home / item / "wide");
    const int directory = ::open((home / item / "wide").c_str(), O_RDONLY | O_CLOEXEC);
    for (int number = 0; number < files; ++number) {
        ::close(::openat(
            directory, fmt::format("{:08}", number).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    }
    ::close(directory);
    const auto count = [&] {
        const fs::directory_iterator entries(home / item / "wide");
        return std::distance(begin(entries), end(entries));
    };
    for (const bool across : {false, true}) {
        const Measure there_takes;
        const CommandResult moved =
            home.migrate(across ? sent_to(there->path()) : std::vector<std::string>{});
        INFO(moved.err);
        REQUIRE(moved.exit_code == 0);
        const std::string forth = there_takes.text();
        CHECK(count() == files);
        const Measure back_takes;
        REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
        fmt::print("{} files, {}: there {}; back {}\n",
                   files,
                   across ? "across" : "one filesystem",
                   forth,
                   back_takes.text());
        CHECK(count() == files);
        CHECK(fs::is_directory(fs::symlink_status(home / item)));
    }
}

}  // namespace

TEST_CASE("a tree of every name, link and kind is renamed there and back", "[cli]") {
    const NearHome home;
    add_odd_names(home / item);
    add_odd_links(home / item);
    write_file(home / "outside", "one file, two names");
    fs::create_hard_link(home / "outside", home / item / "hard");
    for (const Special special : {Special::pipe, Special::socket, Special::device}) {
        const auto number = static_cast<int>(special);
        CHECK((make_special(home / item / fmt::format("special {}", number), special) ||
               ::geteuid() != 0));
    }
    const Snapshot before = home.snapshot();
    const CommandResult moved = home.migrate();
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    for (const std::string& name : odd_names()) {
        INFO(name);
        CHECK(read_file(home / item / "as files" / name) == name);
    }
    CHECK(fs::equivalent(home / "outside", home / item / "hard"));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home.snapshot()) == "");
}

TEST_CASE("a tree of every name and link is copied there and back", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const TempDir outside;
    add_odd_names(*home / item);
    add_odd_links(*home / item);
    write_file(*home / item / "hard", "one file, two names");
    fs::create_hard_link(*home / item / "hard", outside / "other name");
    const Snapshot before = home->snapshot();
    const CommandResult moved = home->migrate();
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    CHECK(contains(moved.err, "1 file in cargo/registry has names elsewhere"));
    CHECK(contains(moved.err, "which do not come along"));
    CHECK_FALSE(fs::equivalent(outside / "other name", *home / item / "hard"));
    CHECK(read_file(outside / "other name") == "one file, two names");
    for (const std::string& name : odd_names()) {
        INFO(name);
        CHECK(read_file(*home / item / "as files" / name) == name);
        CHECK(fs::read_symlink(*home / item / "as links" / name) == name);
    }
    REQUIRE(home->run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home->snapshot()) == "");
    CHECK(fs::is_empty(home->mounted().path()));
}

TEST_CASE("a pipe, a socket or a device stops a copy before the first byte", "[cli][across]") {
    const Special special = GENERATE(Special::pipe, Special::socket, Special::device);
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    if (!make_special(*home / item / "odd\nname", special)) {
        fmt::print("SKIPPED: only root makes devices\n");
        return;
    }
    const Snapshot before = home->snapshot();
    const CommandResult refused = home->migrate();
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(
        contains(refused.err, "registry/odd\\nname' in cargo/registry is a socket, a device or "));
    CHECK(contains(refused.err, "--exclude cargo/registry"));
    CHECK(contains(refused.err, "nothing was changed"));
    CHECK(difference(before, home->snapshot()) == "");
    CHECK(fs::is_empty(home->mounted().path()));
    CHECK(home->migrate({"--exclude", "cargo/registry"}).exit_code == 0);
    CHECK(home->run({"rollback", "--yes"}).exit_code == 0);
}

TEST_CASE("names that no rule knows are shown on one line each and left alone", "[cli]") {
    const NearHome home;
    for (const std::string& name : odd_names()) {
        write_file(home / ".cargo" / name, "of the user");
    }
    const Snapshot before = home.snapshot();
    const CommandResult plan = home.run({"migrate"});
    CHECK(plan.exit_code == 0);
    CHECK(contains(plan.out + plan.err, "new\\nline"));
    CHECK_FALSE(contains(plan.out + plan.err, "\x1b"));
    CHECK_FALSE(contains(plan.out + plan.err, "\xff"));
    const boost::json::value json = boost::json::parse(home.run({"migrate", "--json"}).out);
    CHECK(json.as_object().contains("schema"));
    const CommandResult moved = home.migrate();
    CHECK(moved.exit_code == 0);
    CHECK_FALSE(contains(moved.out + moved.err, "\x1b"));
    CHECK(read_file(home / ".cargo" / odd_names()[1]) == "of the user");
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home.snapshot()) == "");
}

TEST_CASE("paths of 12,000 bytes go there and back", "[cli][across]") {
    check_chain(std::string(200, 'd'), 60);
}

TEST_CASE("a tree of depth 500 goes there and back", "[cli][across]") {
    check_chain("d", 500);
}

TEST_CASE("a tree of depth 10,000 goes there and back", "[.][sweep][long]") {
    check_chain("d", 10'000);
}

TEST_CASE("1,000 files in one directory go there and back", "[cli][across]") {
    check_wide(1000);
}

TEST_CASE("1,000,000 files in one directory go there and back", "[.][sweep][long]") {
    check_wide(1'000'000);
}

TEST_CASE("holes of terabytes need no room and no time there and back", "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs, {.options = "size=1m"});
    if (!home) {
        return;
    }
    constexpr std::int64_t terabyte = 1LL << 40U;
    const fs::path file = *home / item / "sparse";
    write_file(file, "begin");
    std::error_code too_large;
    fs::resize_file(file, 8 * terabyte, too_large);
    if (too_large) {
        fmt::print("SKIPPED: no file of 8 TiB here: {}\n", too_large.message());
        return;
    }
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    CHECK(::pwrite(descriptor, "middle", 6, 5 * terabyte) == 6);
    ::close(descriptor);
    fs::create_directory(*home / item / "more");
    write_file(*home / item / "more/sparse", "");
    fs::resize_file(*home / item / "more/sparse", 7 * terabyte);

    const auto check = [&] {
        const struct stat status = status_of(file);
        CHECK(status.st_size == 8 * terabyte);
        CHECK(status.st_blocks <= 64);
        std::string middle(6, '\0');
        const int again = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        CHECK(::pread(again, middle.data(), 6, 5 * terabyte) == 6);
        ::close(again);
        CHECK(middle == "middle");
        CHECK(status_of(*home / item / "more/sparse").st_size == 7 * terabyte);
    };
    const CommandResult moved = home->migrate();
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    CHECK(contains(moved.err, "15.0 TiB"));
    CHECK(fs::is_symlink(*home / item));
    check();
    const CommandResult back = home->run({"rollback", "--yes"});
    INFO(back.err);
    REQUIRE(back.exit_code == 0);
    CHECK_FALSE(fs::is_symlink(*home / item));
    check();
}
