// The way back of a copied item where something has happened to its original, its target or an
// earlier way back in the meantime.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/command.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

using namespace rehome;
using support::FaultFs;
using support::Migration;
using support::read_file;
using support::write_file;
namespace fs = std::filesystem;

namespace {

constexpr const char* tag = ".cargo/registry/CACHEDIR.TAG";
constexpr const char* aside = ".cargo/.rehome-1-registry";
constexpr const char* toolchains_aside = ".rustup/.rehome-1-toolchains";

bool has_second_filesystem(Migration& home) {
    if (home.use_second_filesystem()) {
        return true;
    }
    fmt::print("SKIPPED: no second filesystem at /dev/shm\n");
    return false;
}

bool told(const Migration& home, const std::string& text) {
    return std::ranges::any_of(
        home.told(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void roll_back(const Migration& home, os::Fs& files,
               apply::Missing missing = apply::Missing::refuse) {
    apply::roll_back(home.context(files), home.open_journal(), missing);
}

void apply_kept(Migration& home) {
    home.request.keep_originals = true;
    os::Fs files;
    home.apply(files);
}

// Names that only rehome gives, below the home and the targets.
std::string names_of_ours(const Migration& home) {
    std::string names;
    for (const fs::path& tree : {home / ".cargo", home / ".rustup", home.second()}) {
        for (const auto& entry : fs::recursive_directory_iterator(tree)) {
            if (entry.path().filename().string().find(".rehome-") != std::string::npos) {
                names += entry.path().string() + "\n";
            }
        }
    }
    return names;
}

// A migrated home, its originals cut off in the middle of their deletion.
void apply_with_cut_off_deletion(const Migration& home, const std::string& part) {
    int deletions = 0;
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if ((call == "unlink" || call == "rmdir") &&
            path.string().find(part) != std::string::npos && ++deletions == 2) {
            throw base::Error(base::Kind::io, "a disk that fails");
        }
    });
    home.apply(files);
    REQUIRE(deletions >= 2);
}

}  // namespace

TEST_CASE("what is written into a kept original wins over its untouched copy", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_kept(home);
    write_file(home / aside / "CACHEDIR.TAG", "late\n");
    write_file(home / aside / "new/file", "late\n");
    os::Fs files;
    roll_back(home, files);
    CHECK(read_file(home / tag) == "late\n");
    CHECK(read_file(home / ".cargo/registry/new/file") == "late\n");
    CHECK(names_of_ours(home) == "");
    CHECK(fs::is_empty(home.second()));
}

TEST_CASE("what is written into a kept original stands beside work done since", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_kept(home);
    write_file(home / aside / "CACHEDIR.TAG", "late\n");
    write_file(home / tag, "work\n");
    os::Fs files;
    roll_back(home, files);
    CHECK(read_file(home / tag) == "work\n");
    CHECK(read_file(home / ".cargo/registry/CACHEDIR.TAG.rehome-1") == "late\n");
    CHECK(names_of_ours(home) == (home / ".cargo/registry/CACHEDIR.TAG.rehome-1").string() + "\n");
}

TEST_CASE("what is written while the way back is exchanged comes home", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    home.request.keep_originals = GENERATE(false, true);
    os::Fs real;
    home.apply(real);
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (call == "exchange" && path == home / ".cargo/registry") {
            write_file(home / tag, "late\n");
            write_file(home / ".cargo/registry/late/directory/file", "late\n");
        }
    });
    roll_back(home, files);
    CHECK(read_file(home / tag) == "late\n");
    CHECK(read_file(home / ".cargo/registry/late/directory/file") == "late\n");
    CHECK(told(home, "Carried '" + (home / tag).string() + "'"));
    // In doubt it stays.
    CHECK(told(home, "Kept the copy of cargo/registry"));
    CHECK(names_of_ours(home) ==
          (home.second() / "cache/cargo/.rehome-1-registry").string() + "\n");
}

TEST_CASE("a way back that was cut off does not take its own work for another's",
          "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_kept(home);
    const fs::path registry = home / ".cargo/registry";
    write_file(registry / "first", "of the first week\n");
    write_file(registry / "changing", "1\n");
    write_file(registry / "directory/file", "1\n");
    FaultFs killed;
    killed.watch([&](std::string_view call) {
        if (call == "exchange") {
            throw base::Error(base::Kind::io, "killed");
        }
    });
    CHECK_THROWS_AS(roll_back(home, killed), base::Error);
    write_file(registry / "changing", "2, and longer\n");
    write_file(home / tag, "changed\n");
    fs::remove(registry / "first");
    fs::remove_all(registry / "directory");
    os::Fs real;
    roll_back(home, real);
    CHECK(read_file(registry / "changing") == "2, and longer\n");
    CHECK(read_file(home / tag) == "changed\n");
    CHECK_FALSE(fs::exists(registry / "first"));
    CHECK_FALSE(fs::exists(registry / "directory"));
    CHECK(names_of_ours(home) == "");
    CHECK(fs::is_empty(home.second()));
}

TEST_CASE("a link in a directory's place does not lead a late write elsewhere", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_kept(home);
    const support::TempDir outside;
    const fs::path registry = home.second() / "cache/cargo/registry";
    write_file(home / aside / "cache/late", "late\n");
    fs::rename(registry / "cache", registry / "moved");
    fs::create_directory_symlink(outside.path(), registry / "cache");
    os::Fs files;
    roll_back(home, files);
    CHECK(fs::is_empty(outside.path()));
    CHECK(fs::is_symlink(home / ".cargo/registry/cache"));
    CHECK(read_file(home / ".cargo/registry/cache.rehome-1/late") == "late\n");
}

TEST_CASE("late writes are carried once, whoever is killed", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    const fs::path there = home.second() / "cache/cargo/registry/CACHEDIR.TAG";
    // Killed at Committed.
    FaultFs files;
    bool exchanged = false;
    bool dead = false;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        dead = dead || (exchanged && call == "write" && path.filename() == "journal");
        if (dead) {
            throw base::Error(base::Kind::io, "killed");
        }
        if (call == "exchange" && path == home / ".cargo/registry") {
            write_file(home / tag, "late\n");
            write_file(there, "at the same time\n");
            exchanged = true;
        }
    });
    CHECK_THROWS_AS(home.apply(files), base::Error);
    CHECK(dead);
    os::Fs real;
    apply::resume(home.context(real), home.open_journal());
    CHECK(read_file(there) == "at the same time\n");
    CHECK(read_file(there.string() + ".rehome-1") == "late\n");
    CHECK_FALSE(fs::exists(there.string() + ".rehome-1.2"));
    roll_back(home, real);
    CHECK(read_file(home / tag) == "at the same time\n");
    CHECK(names_of_ours(home) == (home / ".cargo/registry/CACHEDIR.TAG.rehome-1").string() + "\n");
}

TEST_CASE("what is left of an original is not called the original", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_with_cut_off_deletion(home, "/.rehome-1-registry/");
    REQUIRE(fs::exists(home / aside));
    fs::remove_all(home.second() / "cache/cargo/registry");
    os::Fs files;
    roll_back(home, files);
    CHECK(told(home, "Using what is left of the original of cargo/registry"));
    CHECK(fs::is_directory(fs::symlink_status(home / ".cargo/registry")));
}

TEST_CASE("what is left of an original does not stand for what nobody can make again",
          "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    apply_with_cut_off_deletion(home, "/.rehome-1-toolchains/");
    REQUIRE(fs::exists(home / toolchains_aside));
    fs::remove_all(home.second() / "data/rustup/toolchains");
    os::Fs files;
    CHECK_THROWS_WITH(roll_back(home, files), Catch::Contains("missing: rustup/toolchains"));
    CHECK(fs::exists(home / toolchains_aside));
    roll_back(home, files, apply::Missing::accept);
    CHECK(told(home, "Using what is left of the original of rustup/toolchains"));
    CHECK(fs::is_directory(fs::symlink_status(home / ".rustup/toolchains")));
}

TEST_CASE("a copy that was brought home serves when its target is lost", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    os::Fs real;
    home.apply(real);
    const std::string text = read_file(home / tag);
    // Killed when all copies are at home, and nothing is exchanged.
    FaultFs killed;
    killed.watch([&](std::string_view call) {
        if (call == "exchange") {
            throw base::Error(base::Kind::io, "killed");
        }
    });
    CHECK_THROWS_AS(roll_back(home, killed), base::Error);
    fs::remove_all(home.second() / "cache");
    fs::remove_all(home.second() / "data");
    roll_back(home, real);
    CHECK(told(home, "Using the copy of cargo/registry"));
    CHECK(told(home, "Using the copy of rustup/toolchains"));
    CHECK(read_file(home / tag) == text);
    CHECK(fs::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc"));
    CHECK(names_of_ours(home) == "");
}

TEST_CASE("copies come and go where names cannot be exchanged", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    const support::Snapshot before = home.snapshot_without_inodes();
    const bool kept = GENERATE(false, true);
    home.request.keep_originals = kept;
    FaultFs files;
    files.refuse_exchange();
    home.apply(files);
    CHECK(fs::is_symlink(home / ".cargo/registry"));
    FaultFs back;
    back.refuse_exchange();
    roll_back(home, back);
    CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
    CHECK(fs::is_empty(home.second()));
}

TEST_CASE("what a program makes while nothing is at the old path is kept", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    FaultFs files;
    files.refuse_exchange();
    bool done = false;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (call == "symlink" && path == home / ".cargo/registry" && !done) {
            done = true;
            write_file(home / ".cargo/registry/made", "in the gap\n");
        }
    });
    home.apply(files);
    CHECK(done);
    CHECK(fs::is_symlink(home / ".cargo/registry"));
    CHECK(told(home, "Kept what a program made at"));
    std::string found;
    for (const auto& entry : fs::directory_iterator(home / ".cargo")) {
        if (fs::exists(entry.path() / "made")) {
            found = read_file(entry.path() / "made");
        }
    }
    CHECK(found == "in the gap\n");
}

TEST_CASE("what a killed apply has copied is named where its disk is not mounted",
          "[apply][across]") {
    auto mounted = support::mount_or_skip(support::Filesystem::ext4);
    if (!mounted) {
        return;
    }
    Migration home;
    home.send_to(mounted->path());
    const support::Snapshot before = home.snapshot_without_inodes();
    FaultFs killed;
    bool dead = false;
    killed.watch([&](std::string_view call) {
        dead = dead || call == "exchange";
        if (dead) {
            throw base::Error(base::Kind::io, "killed");
        }
    });
    CHECK_THROWS_AS(home.apply(killed), base::Error);
    mounted->unmount();
    os::Fs real;
    roll_back(home, real);
    CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
    CHECK(told(home, "Left whatever is at '" + (*mounted / "cache/cargo/registry").string() + "'"));
}

TEST_CASE("a thing that a killed way back left beside the old path is kept", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    os::Fs real;
    home.apply(real);
    // A program replaces the link right before the exchange, and the run is killed right after it.
    FaultFs killed;
    bool exchanged = false;
    killed.watch_paths([&](std::string_view call, const fs::path& path) {
        if (exchanged) {
            throw base::Error(base::Kind::io, "killed");
        }
        if (call == "exchange" && path == home / ".cargo/registry") {
            fs::remove(home / ".cargo/registry");
            write_file(home / ".cargo/registry/made", "by a program\n");
            exchanged = true;
        }
    });
    CHECK_THROWS_AS(roll_back(home, killed), base::Error);
    CHECK(exchanged);
    roll_back(home, real);
    std::string found;
    for (const auto& entry : fs::directory_iterator(home / ".cargo")) {
        if (fs::exists(entry.path() / "made")) {
            found = read_file(entry.path() / "made");
        }
    }
    CHECK(found == "by a program\n");
    CHECK(fs::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc"));
}

TEST_CASE("a program that waits for our lock writes at home in the end", "[apply][across]") {
    Migration home;
    write_file(home / ".cargo/.crates.toml", "[v1]\n");
    if (!has_second_filesystem(home)) {
        return;
    }
    os::Fs real;
    home.apply(real);
    REQUIRE(fs::is_symlink(home / ".cargo/.crates.toml"));
    const fs::path target = fs::read_symlink(home / ".cargo/.crates.toml");

    // It opens the file when nothing but the exchange is left, as a cargo does that comes now.
    std::unique_ptr<support::RunningCommand> program;
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (!program && call == "exchange" && path.filename() == ".crates.toml") {
            program = std::make_unique<support::RunningCommand>(support::Command{
                .program = "/bin/sh",
                .arguments = {
                    "-c", "exec 9>>\"$0\"; echo open; flock 9; echo late >&9", target.string()}});
            while (program->is_running() && program->out_so_far().empty()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        }
    });
    roll_back(home, files);
    REQUIRE(program);
    CHECK(program->wait().exit_code == 0);
    CHECK(read_file(home / ".cargo/.crates.toml") == "[v1]\nlate\n");
    CHECK_FALSE(fs::exists(target));
}
