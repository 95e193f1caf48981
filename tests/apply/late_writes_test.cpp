// Programs that write while an item is copied, looked at for the last time, and exchanged: the
// write happens right before a chosen call of rehome's.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <algorithm>

using namespace rehome;
using support::FaultFs;
using support::Filesystem;
using support::Migration;
using support::read_file;
using support::Snapshot;
using support::write_file;
namespace fs = std::filesystem;

namespace {

constexpr const char* tag = ".cargo/registry/CACHEDIR.TAG";
constexpr const char* crate =
    ".cargo/registry/cache/registry.example-5d0c3a7be9f81246/anyhow-1.0.98.crate";

bool has_second_filesystem(Migration& home) {
    if (home.use_second_filesystem()) {
        return true;
    }
    fmt::print("SKIPPED: no second filesystem at /dev/shm\n");
    return false;
}

// After an item was copied, its manifest gets its name.
bool is_manifest(std::string_view call, const fs::path& path) {
    return call == "rename_over" && path.filename().string().starts_with("manifest-");
}

bool told(const Migration& home, const std::string& text) {
    return std::ranges::any_of(
        home.told(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

std::string message_of_apply(const Migration& home, os::Fs& files) {
    try {
        home.apply(files);
    } catch (const base::Error& error) {
        return error.what();
    }
    return "";
}

void roll_back(const Migration& home) {
    os::Fs files;
    apply::roll_back(home.context(files), home.open_journal(), apply::Missing::refuse);
}

std::string names_below(const fs::path& directory) {
    std::string names;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        names += entry.path().string() + "\n";
    }
    return names;
}

}  // namespace

TEST_CASE("what changes after it was copied is copied again", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    int manifests = 0;
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (is_manifest(call, path) && ++manifests == 2) {
            write_file(home / tag, "longer than it was when it was copied, which was a tag\n");
            write_file(home / ".cargo/registry/new/file", "new\n");
            fs::remove(home / crate);
        }
    });
    home.apply(files);
    const fs::path there = home.second() / "cache/cargo/registry";
    CHECK(manifests > 2);
    CHECK(read_file(there / "CACHEDIR.TAG").starts_with("longer than"));
    CHECK(read_file(there / "new/file") == "new\n");
    CHECK(fs::is_empty(there / "cache/registry.example-5d0c3a7be9f81246"));
    CHECK_FALSE(fs::exists(home / ".cargo/.rehome-1-registry"));
    roll_back(home);
    CHECK(read_file(home / ".cargo/registry/new/file") == "new\n");
    CHECK_FALSE(fs::exists(home / crate));
}

TEST_CASE("a file may vanish, shrink or grow at the moment of its copy", "[apply][across]") {
    for (const std::string what : {"vanish", "shrink", "grow"}) {
        Migration home;
        if (!has_second_filesystem(home)) {
            return;
        }
        bool done = false;
        FaultFs files;
        files.watch_paths([&](std::string_view call, const fs::path& path) {
            if (call == "copy" && path.filename() == "anyhow-1.0.98.crate" && !done) {
                done = true;
                if (what == "vanish") {
                    fs::remove(home / crate);
                } else {
                    fs::resize_file(home / crate, what == "grow" ? 300'000 : 10);
                }
            }
        });
        home.apply(files);
        CHECK(done);
        const bool is_gone = what == "vanish";
        CHECK(fs::exists(home / crate) != is_gone);
        if (!is_gone) {
            CHECK(fs::file_size(home / crate) == (what == "grow" ? 300'000U : 10U));
        }
    }
}

TEST_CASE("an item that changes in every round fails, and all is put back", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    int rounds = 0;
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (is_manifest(call, path) && fs::exists(home / tag)) {
            write_file(home / tag, fmt::format("round {}\n", ++rounds));
        }
    });
    const Snapshot before = home.snapshot_without_inodes();
    const std::string message = message_of_apply(home, files);
    CHECK(message.find("cargo/registry goes on changing while it is copied: 'CACHEDIR.TAG'") !=
          std::string::npos);
    // Two first copies, and three rounds more of the one.
    CHECK(rounds == 5);
    CHECK(read_file(home / tag) == "round 5\n");
    Snapshot after = home.snapshot_without_inodes();
    after[tag] = before.at(tag);
    CHECK(support::difference(before, after) == "");
    CHECK(fs::is_empty(home.second()));
}

TEST_CASE("what is written after the last look is carried to the target", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (call == "exchange" && path == home / ".cargo/registry") {
            write_file(home / tag, "late\n");
            write_file(home / ".cargo/registry/late/directory/file", "late\n");
        }
    });
    home.apply(files);
    const fs::path there = home.second() / "cache/cargo/registry";
    CHECK(read_file(there / "CACHEDIR.TAG") == "late\n");
    CHECK(read_file(there / "late/directory/file") == "late\n");
    CHECK(told(home, "Carried"));
    // In doubt it stays.
    CHECK(read_file(home / ".cargo/.rehome-1-registry/CACHEDIR.TAG") == "late\n");
    CHECK(told(home, "Kept the original of cargo/registry beside the link"));
    roll_back(home);
    CHECK(read_file(home / tag) == "late\n");
    CHECK(read_file(home / ".cargo/registry/late/directory/file") == "late\n");
    CHECK(names_below(home.second()) == "");
}

TEST_CASE("what is written on both sides at once is kept under two names", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    const fs::path there = home.second() / "cache/cargo/registry";
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        if (call == "exchange" && path == home / ".cargo/registry") {
            write_file(home / tag, "at the old place\n");
            write_file(there / "CACHEDIR.TAG", "at the new place\n");
        }
    });
    home.apply(files);
    CHECK(read_file(there / "CACHEDIR.TAG") == "at the new place\n");
    CHECK(read_file(there / "CACHEDIR.TAG.rehome-1") == "at the old place\n");
    CHECK(told(home, "Kept two versions of"));
    roll_back(home);
    CHECK(read_file(home / tag) == "at the new place\n");
    CHECK(read_file(home / ".cargo/registry/CACHEDIR.TAG.rehome-1") == "at the old place\n");
}

TEST_CASE("a secret that is copied is never readable by others", "[apply][across]") {
    Migration home;
    if (!has_second_filesystem(home)) {
        return;
    }
    const std::string secret = "[registry]\ntoken = \"a secret\"\n";
    const fs::path credentials = home / ".cargo/credentials.toml";
    write_file(credentials, secret);
    fs::permissions(credentials, fs::perms(0644));
    std::string open_copies;
    int seen = 0;
    FaultFs files;
    files.watch_paths([&](std::string_view call, const fs::path& path) {
        for (const auto& entry : fs::recursive_directory_iterator(home.second())) {
            if (!entry.is_regular_file() || read_file(entry.path()) != secret) {
                continue;
            }
            ++seen;
            if ((entry.status().permissions() & fs::perms(0077)) != fs::perms::none) {
                open_copies +=
                    fmt::format("{} before {} {}\n", entry.path().string(), call, path.string());
            }
        }
    });
    home.apply(files);
    CHECK(seen > 5);
    CHECK(open_copies == "");
    const fs::path there = home.second() / "data/cargo/credentials.toml";
    CHECK(read_file(there) == secret);
    CHECK(fs::status(there).permissions() == fs::perms(0600));
    roll_back(home);
    CHECK(fs::status(credentials).permissions() == fs::perms(0600));
    CHECK(read_file(credentials) == secret);
}

TEST_CASE("a target that fills up in the middle puts everything back", "[apply][across]") {
    for (const char* limit : {"size=4m", "nr_inodes=200"}) {
        const auto mounted = support::mount_or_skip(Filesystem::tmpfs, {.options = limit});
        if (!mounted) {
            return;
        }
        Migration home;
        home.send_to(mounted->path());
        home.request.allow_volatile = true;
        const plan::Plan plan = home.plan();
        REQUIRE_FALSE(plan::stops(plan.findings));
        // More than there was when the plan was made.
        for (int number = 0; number < 300; ++number) {
            write_file(home / fmt::format(".cargo/registry/new/{}", number),
                       std::string(30'000, 'x'));
        }
        const Snapshot before = home.snapshot_without_inodes();
        os::Fs files;
        std::string message;
        try {
            apply::apply(home.context(files), plan, {});
        } catch (const base::Error& error) {
            message = error.what();
        }
        INFO(limit);
        CHECK(message.find("No space left on device") != std::string::npos);
        CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
        CHECK(names_below(mounted->path()) == "");
        CHECK(home.journals().back().stage == journal::Stage::closed);
    }
}
