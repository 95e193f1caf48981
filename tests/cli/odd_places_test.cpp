// Homes in odd places, items that resist: moved whole, or refused before the first change with what
// to do.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "support/other_user.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <fstream>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* item = ".cargo/registry";

// What is refused has changed nothing.
void check_refused(const NearHome& home, const CommandResult& refused,
                   const std::vector<std::string>& said) {
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    for (const std::string& text : said) {
        INFO(text);
        CHECK(contains(refused.err, text));
    }
    CHECK(contains(refused.err, "help: "));
    CHECK(contains(refused.err, "nothing was changed"));
    CHECK_FALSE(fs::exists(home / ".local"));
    CHECK_FALSE(fs::exists(home / ".cache"));
}

bool change_flags(const std::string& how, const fs::path& path) {
    const auto chattr = which("chattr");
    return chattr && run({.program = *chattr, .arguments = {how, path.string()}}).exit_code == 0;
}

void check_there_and_back(const NearHome& home) {
    const Snapshot before = home.snapshot(Inodes::left_out);
    const CommandResult moved = home.migrate();
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    CHECK(fs::is_symlink(home / item));
    CHECK(fs::exists(home / item / "CACHEDIR.TAG"));
    const CommandResult back = home.run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    CHECK(difference(before, home.snapshot(Inodes::left_out)) == "");
}

}  // namespace

TEST_CASE("what is immutable or append-only inside of an item is moved with it", "[cli]") {
    const char* flag = GENERATE("+i", "+a");
    const bool is_directory = GENERATE(false, true);
    const NearHome home;
    const fs::path file = home / item / "inside/file";
    write_file(file, "x");
    const fs::path stiff = is_directory ? file.parent_path() : file;
    if (!change_flags(flag, stiff)) {
        fmt::print("SKIPPED: no chattr, or not for this user or filesystem\n");
        return;
    }
    check_there_and_back(home);
    CHECK(::unlink(file.c_str()) != 0);
    change_flags("-ia", stiff);
}

TEST_CASE("what is immutable keeps its original when it is copied", "[cli][across]") {
    const char* flag = GENERATE("+i", "+a");
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    const fs::path file = *home / item / "inside/file";
    write_file(file, "x");
    if (!change_flags(flag, file)) {
        fmt::print("SKIPPED: no chattr, or not for this user or filesystem\n");
        return;
    }
    const Snapshot before = home->snapshot();
    const CommandResult moved = home->migrate();
    INFO(moved.err);
    CHECK(moved.exit_code == 0);
    CHECK(contains(moved.err, "Kept the original of cargo/registry"));
    CHECK(contains(moved.err, "not all of it could be deleted: "));
    CHECK(contains(moved.err, "Operation not permitted"));
    CHECK(read_file(file) == "x");
    const CommandResult freed = home->run({"forget", "1", "--yes"});
    CHECK(freed.exit_code != 0);
    CHECK(contains(freed.err, "inside/file"));
    const CommandResult back = home->run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    CHECK(difference(before, home->snapshot()) == "");
    CHECK(::unlink(file.c_str()) != 0);
    change_flags("-ia", file);
}

TEST_CASE("an immutable item or home is refused with the command that frees it", "[cli]") {
    const char* flag = GENERATE("+i", "+a");
    for (const char* name : {item, ".cargo/config.toml", ".cargo"}) {
        const NearHome home;
        if (!change_flags(flag, home / name)) {
            fmt::print("SKIPPED: no chattr, or not for this user or filesystem\n");
            return;
        }
        const std::string path = home / name;
        check_refused(home, home.migrate(), {"immutable", "help: run: chattr -i -a '" + path});
        change_flags("-ia", home / name);
    }
}

TEST_CASE("what its owner may not read is renamed, and stops a copy", "[cli][across]") {
    const auto user = OtherUser::or_skip();
    const TempDir shown;
    fs::permissions(shown.path(), fs::perms(0755));
    fs::create_directory(shown / "disk");
    const auto there =
        user ? mount_or_skip(Filesystem::tmpfs, {.directory = shown / "disk"}) : nullptr;
    if (!there) {
        return;
    }
    user->give(there->path());
    const InstalledRehome rehome;
    for (const char* closed : {"inside/file", "inside"}) {
        const NearHome home;
        write_file(home / item / "inside/file", "x");
        user->give(home.path());
        fs::permissions(home / item / closed, fs::perms::none);
        const auto run_as_user = [&](std::vector<std::string> arguments) {
            return run(user->as(rehome.does(home.command(std::move(arguments)))));
        };
        const Snapshot before = home.snapshot();
        std::vector<std::string> across = sent_to(there->path());
        across.insert(across.begin(), {"migrate", "--apply", "--yes"});
        const std::string path = home / item / closed;
        check_refused(home,
                      run_as_user(across),
                      {"'" + path +
                           "' in cargo/registry cannot be "
                           "read",
                       "--exclude cargo/registry"});
        CHECK(fs::is_empty(there->path()));
        CHECK(difference(before, home.snapshot()) == "");
        CHECK(run_as_user({"migrate", "--apply", "--yes"}).exit_code == 0);
        CHECK(run_as_user({"rollback", "--yes"}).exit_code == 0);
        CHECK(difference(before, home.snapshot()) == "");
    }
}

TEST_CASE("a home that is a link to a directory of the caller is followed", "[cli]") {
    const bool relative = GENERATE(false, true);
    const NearHome home;
    fs::rename(home / ".cargo", home / "real");
    fs::create_directory_symlink(relative ? "real" : home / "real", home / ".cargo");
    check_there_and_back(home);
    CHECK(fs::is_symlink(home / ".cargo"));
}

TEST_CASE("a home that is a link to its own data directory gives up the rest", "[cli]") {
    const NearHome home;
    const fs::path data = home / ".local/share/cargo";
    fs::create_directories(data.parent_path());
    fs::rename(home / ".cargo", data);
    fs::create_directory_symlink(data, home / ".cargo");
    write_file(data / "credentials.toml", "secret");
    fs::permissions(data / "credentials.toml", fs::perms::owner_read | fs::perms::owner_write);
    check_there_and_back(home);
    CHECK(fs::is_regular_file(fs::symlink_status(data / "credentials.toml")));
    const CommandResult moved = home.migrate();
    CHECK(fs::is_regular_file(fs::symlink_status(data / "credentials.toml")));
    CHECK(home.run({"status"}).exit_code == 0);
    CHECK(home.run({"doctor"}).exit_code == 0);
    CHECK(contains(home.migrate().err, "nothing to do"));
}

TEST_CASE("a home that is a link to nowhere, to itself or to another's is refused", "[cli]") {
    const NearHome home;
    fs::rename(home / ".cargo", home / "real");
    SECTION("nowhere") {
        fs::create_symlink("nowhere", home / ".cargo");
        check_refused(home, home.migrate(), {"leads nowhere, or in a circle"});
    }
    SECTION("itself") {
        fs::create_symlink(".cargo", home / ".cargo");
        check_refused(home, home.migrate(), {"leads nowhere, or in a circle"});
    }
    SECTION("another's") {
        const auto user = OtherUser::or_skip();
        if (!user) {
            return;
        }
        user->give(home / "real");
        fs::create_symlink("real", home / ".cargo");
        check_refused(home, home.migrate(), {"is a link to a directory of another user"});
    }
}

TEST_CASE("a home that is itself a mount is copied out of it and back", "[cli][across]") {
    const NearHome home;
    fs::rename(home / ".cargo", home / "shown");
    fs::create_directory(home / ".cargo");
    const auto mounted =
        mount_or_skip(Filesystem::bind, {.source = home / "shown", .directory = home / ".cargo"});
    if (mounted) {
        check_there_and_back(home);
    }
}

TEST_CASE("a mount below an item is refused, and the rest can go", "[cli]") {
    const NearHome home;
    fs::create_directories(home / item / "a/mount");
    const auto mounted = mount_or_skip(Filesystem::tmpfs, {.directory = home / item / "a/mount"});
    if (!mounted) {
        return;
    }
    write_file(*mounted / "file", "of the mount");
    check_refused(
        home,
        home.migrate(),
        {"a/mount' is a mount point at or below cargo/registry", "--exclude cargo/registry"});
    CHECK(home.migrate({"--exclude", "cargo/registry"}).exit_code == 0);
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(read_file(*mounted / "file") == "of the mount");
}

TEST_CASE("a home on a read-only filesystem is refused", "[cli]") {
    const auto disk = mount_or_skip(Filesystem::ext4, {.megabytes = 16});
    if (!disk) {
        return;
    }
    const NearHome home(disk->path());
    const auto remount = [&](const char* how) {
        return run({.program = *which("mount"),
                    .arguments = {"-o", std::string("remount,") + how, disk->path().string()}});
    };
    REQUIRE(remount("ro").exit_code == 0);
    check_refused(home, home.migrate(), {"mounted read-only", "mount it writable first"});
    REQUIRE(remount("rw").exit_code == 0);
    check_there_and_back(home);
}

TEST_CASE("a home on a full filesystem is left as it is", "[cli]") {
    const auto disk = mount_or_skip(Filesystem::ext4, {.megabytes = 16, .format = {"-m", "0"}});
    if (!disk) {
        return;
    }
    const NearHome home(disk->path());
    std::ofstream filler(*disk / "filler");
    while (filler << std::string(4096, 'f') << std::flush) {
    }
    filler.close();
    const Snapshot before = home.snapshot();
    const CommandResult refused = home.migrate();
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(contains(refused.err, "error: "));
    CHECK(contains(refused.err, "help: "));
    CHECK(difference(before, home.snapshot()) == "");
    fs::remove(*disk / "filler");
    check_there_and_back(home);
}

TEST_CASE("a home that ignores letter case goes there and back", "[cli]") {
    const auto disk =
        mount_or_skip(Filesystem::ext4, {.megabytes = 16, .format = {"-O", "casefold"}});
    if (!disk) {
        return;
    }
    fs::create_directory(*disk / "folding");
    REQUIRE(change_flags("+F", *disk / "folding"));
    const NearHome home(*disk / "folding");
    REQUIRE(fs::exists(home / ".CARGO"));
    check_there_and_back(home);
    // The same directory under two names is one home.
    Command twice = home.command({"migrate", "--apply", "--yes"});
    twice.variables.emplace("RUSTUP_HOME", home / ".CARGO");
    check_refused(home, run(twice), {"is also CARGO_HOME"});
}
