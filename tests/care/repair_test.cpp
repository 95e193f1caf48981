// A migrated home on which years have passed: each way in which an item can go astray at once. What
// a repair does to it is a transaction, so it is stopped at each of its calls like every other.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "care/repair.hpp"
#include "rules/load.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>

using namespace rehome;
using support::FaultFs;
using support::Migration;
using support::read_file;
using support::Way;
using support::write_file;
namespace fs = std::filesystem;

namespace {

plan::Plan repair_of(const Migration& home) {
    const os::ReadFs read_fs;
    const rules::RuleSet rules = rules::load_rules(read_fs, "/nowhere", std::nullopt);
    return care::plan_repair(read_fs,
                             care::look_around(read_fs, {.environment = home.environment}),
                             rules,
                             home.journals());
}

void repair(const Migration& home, os::Fs& os_fs) {
    apply::apply(home.context(os_fs), repair_of(home), {"1"});
}

// The config was edited in place of its link, the empty registry is what a tool made again, the
// link of the toolchains is gone, downloads were purged with their directory, log came later, and
// update-hashes were brought home by hand.
void let_years_pass(const Migration& home) {
    fs::remove(home / ".cargo/config.toml");
    write_file(home / ".cargo/config.toml", "[net]\nretry = 7\n");
    fs::remove(home / ".cargo/registry");
    fs::create_directory(home / ".cargo/registry");
    fs::permissions(home / ".cargo/registry", fs::perms::owner_all);
    fs::remove(home / ".rustup/toolchains");
    fs::remove_all(home / ".cache/rustup");
    write_file(home / ".cargo/log/run.jsonl", "{}\n");
    fs::remove(home / ".rustup/update-hashes");
    fs::rename(home / ".local/state/rustup/update-hashes", home / ".rustup/update-hashes");
}

struct OldHome : Migration {
    OldHome() {
        write_file(*this / ".rustup/downloads/part", "x");
        write_file(*this / ".rustup/update-hashes/stable", "5d0c3a7be9f81246");
        os::Fs real;
        apply(real);
        let_years_pass(*this);
    }
};

// All but what is not promised: rehome's own pointers, the time of directories outside of the homes
// and the number of an empty directory that was made again.
support::Snapshot found(const Migration& home) {
    support::Snapshot all = home.snapshot_without_inodes();
    for (const char* name :
         {".cargo/.rehome", ".rustup/.rehome", ".cache", ".local/state/rustup"}) {
        all.erase(name);
    }
    return all;
}

bool is_mended(const Migration& home) {
    const bool linked = std::ranges::all_of(
        std::vector<const char*>{".cargo/config.toml",
                                 ".cargo/registry",
                                 ".cargo/log",
                                 ".rustup/toolchains",
                                 ".rustup/downloads",
                                 ".rustup/update-hashes"},
        [&](const char* item) { return fs::is_symlink(home / item) && fs::exists(home / item); });
    return linked && read_file(home / ".cargo/config.toml") == "[net]\nretry = 7\n" &&
           fs::exists(home / ".cargo/registry/CACHEDIR.TAG") &&
           fs::exists(home / ".cargo/log/run.jsonl") &&
           fs::exists(home / ".rustup/update-hashes/stable") &&
           fs::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc");
}

// Only what the repair has begun: the transaction below it is not to be touched.
void recover_repair(const Migration& home, Way way) {
    os::Fs real;
    if (home.journals().size() > 1) {
        support::recover(home, real, way);
    }
}

void sweep(FaultFs::Fault fault, Way way, const std::function<void(FaultFs&)>& prepare = {}) {
    std::size_t points = 1;
    for (std::size_t call = 0; call <= points; ++call) {
        const OldHome home;
        const support::Snapshot before = found(home);
        FaultFs faults(fault, static_cast<int>(call), EIO);
        if (prepare) {
            prepare(faults);
        }
        if (call == 0) {
            repair(home, faults);
            points = faults.calls().size();
            REQUIRE(points > 20);
            continue;
        }
        CHECK_THROWS(repair(home, faults));
        INFO("call " << call << " of " << points << ": " << faults.calls()[call - 1]);
        const bool is_left = home.journals().back().stage != journal::Stage::closed;
        if (fault == FaultFs::Fault::death || is_left) {
            recover_repair(home, way);
        }
        const journal::Journal newest = home.journals().back();
        if (way == Way::on && newest.begin.id != "1" && newest.is_in_force()) {
            CHECK(is_mended(home));
            recover_repair(home, Way::back);
        }
        CHECK(support::difference(before, found(home)) == "");
    }
}

}  // namespace

TEST_CASE("a repair mends all that has gone astray, and its rollback brings that back", "[care]") {
    const OldHome home;
    const support::Snapshot before = found(home);
    os::Fs real;
    repair(home, real);
    CHECK(is_mended(home));
    CHECK(fs::is_empty(home / ".rustup/downloads"));
    CHECK(read_file(home / ".config/cargo/.rehome-2-config.toml") ==
          "[net]\ngit-fetch-with-cli = true\n");
    CHECK_FALSE(repair_of(home).changes_something());
    apply::roll_back(home.context(real), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, found(home)) == "");
}

TEST_CASE("what a repair displaced lies where it was once two repairs are undone", "[care]") {
    const OldHome home;
    os::Fs real;
    repair(home, real);
    fs::remove(home / ".cargo/config.toml");
    write_file(home / ".cargo/config.toml", "[net]\nretry = 8\n");
    const support::Snapshot before = found(home);
    apply::apply(home.context(real), repair_of(home), {"1", "2"});
    CHECK(read_file(home / ".config/cargo/.rehome-3-config.toml") == "[net]\nretry = 7\n");
    apply::roll_back(home.context(real), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, found(home)) == "");
}

TEST_CASE("after a repair and its rollback all of the first migration still goes back", "[care]") {
    const OldHome home;
    os::Fs real;
    repair(home, real);
    while (home.journals().front().stage != journal::Stage::closed) {
        apply::roll_back(home.context(real), home.open_journal(), apply::Missing::accept);
    }
    CHECK(read_file(home / ".cargo/config.toml") == "[net]\nretry = 7\n");
    CHECK(fs::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK_FALSE(fs::is_symlink(home / ".rustup/toolchains"));
    CHECK(fs::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc"));
    CHECK_FALSE(fs::is_symlink(home / ".rustup/update-hashes"));
}

TEST_CASE("a kill at any call of a repair can be rolled back", "[care]") {
    sweep(FaultFs::Fault::death, Way::back);
}

TEST_CASE("a kill at any call of a repair can be resumed", "[care]") {
    sweep(FaultFs::Fault::death, Way::on);
}

TEST_CASE("an error at any call of a repair puts back what it found", "[care]") {
    sweep(FaultFs::Fault::error, Way::back);
}

TEST_CASE("a kill at any call of a repair without EXCHANGE can be rolled back", "[care]") {
    sweep(FaultFs::Fault::death, Way::back, [](FaultFs& faults) { faults.refuse_exchange(); });
}

TEST_CASE("a kill at any call of a repair's rollback can be repeated", "[care]") {
    std::size_t points = 1;
    for (std::size_t call = 0; call <= points; ++call) {
        const OldHome home;
        const support::Snapshot before = found(home);
        os::Fs real;
        repair(home, real);
        FaultFs faults(FaultFs::Fault::death, static_cast<int>(call), EIO);
        const auto undo = [&] {
            apply::roll_back(home.context(faults), home.open_journal(), apply::Missing::refuse);
        };
        if (call == 0) {
            undo();
            points = faults.calls().size();
            continue;
        }
        CHECK_THROWS(undo());
        INFO("call " << call << " of " << points << ": " << faults.calls()[call - 1]);
        recover_repair(home, Way::back);
        CHECK(support::difference(before, found(home)) == "");
    }
}

TEST_CASE("what comes into an empty directory that gives way is not lost", "[care]") {
    const OldHome home;
    FaultFs faults;
    faults.watch_paths([&](std::string_view call, const fs::path& path) {
        if (call == "exchange" && path.filename() == ".rehome-2-link-1") {
            write_file(home / ".cargo/registry/new", "x");
        }
    });
    CHECK_THROWS_WITH(repair(home, faults), Catch::Contains("no longer empty"));
    CHECK(read_file(home / ".cargo/registry/new") == "x");
}

TEST_CASE("what nobody can mend keeps nothing else from being mended", "[care]") {
    const OldHome home;
    fs::remove(home / ".cargo/config.toml");
    fs::remove(home / ".config/cargo/config.toml");
    fs::create_symlink(home / ".config/cargo/config.toml", home / ".cargo/config.toml");
    os::Fs real;
    repair(home, real);
    CHECK(fs::exists(home / ".rustup/downloads"));
    CHECK(fs::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc"));
    CHECK_FALSE(fs::exists(home / ".cargo/config.toml"));
}

TEST_CASE("a purged directory comes back behind a link that the user has written again", "[care]") {
    const OldHome home;
    fs::remove(home / ".rustup/downloads");
    fs::create_symlink("../.cache/rustup/downloads", home / ".rustup/downloads");
    os::Fs real;
    repair(home, real);
    CHECK(fs::is_empty(home / ".rustup/downloads"));
    CHECK_FALSE(repair_of(home).changes_something());
}

TEST_CASE("nothing is put where a filesystem is not mounted", "[care]") {
    Migration home;
    const auto disk = support::mount_or_skip(support::Filesystem::tmpfs);
    if (!disk) {
        return;
    }
    home.send_to(disk->path());
    home.request.allow_volatile = true;
    os::Fs real;
    home.apply(real);
    const fs::path mounted = disk->path();
    disk->unmount();
    fs::remove(home / ".cargo/registry");
    write_file(home / ".cargo/registry/new", "x");
    fs::remove(home / ".rustup/toolchains");
    CHECK_FALSE(repair_of(home).changes_something());
    const std::vector<std::string> codes = support::codes(home.plan());
    CHECK(std::ranges::count(codes, "not_mounted") == 1);
    // Others are mended all the same.
    fs::remove(home / ".cargo/config.toml");
    repair(home, real);
    CHECK(fs::is_symlink(home / ".cargo/config.toml"));
    CHECK_FALSE(fs::exists(mounted / "cache"));
    disk->mount();
}

TEST_CASE("a home that was removed is left to a rollback", "[care]") {
    const Migration home;
    os::Fs real;
    home.apply(real);
    fs::remove_all(home / ".rustup");
    CHECK_FALSE(repair_of(home).changes_something());
    fs::remove(home / ".cargo/config.toml");
    repair(home, real);
    CHECK(fs::is_symlink(home / ".cargo/config.toml"));
    CHECK_FALSE(fs::exists(home / ".rustup"));
}

TEST_CASE("purged caches come back on a tmpfs that was mounted there, and nothing else", "[care]") {
    const OldHome home;
    write_file(home / ".cargo/advisory-db/new", "x");
    const auto disk =
        support::mount_or_skip(support::Filesystem::tmpfs, {.directory = home / ".cache"});
    if (!disk) {
        return;
    }
    const plan::Plan plan = repair_of(home);
    const std::vector<std::string> codes = support::codes(plan);
    CHECK(std::ranges::find(codes, "volatile_target") != codes.end());
    CHECK_FALSE(plan.request.allow_volatile);
    os::Fs real;
    repair(home, real);
    CHECK(fs::is_empty(home / ".cache/rustup/downloads"));
    CHECK(fs::exists(home / ".cargo/log/run.jsonl"));
    CHECK_FALSE(fs::is_symlink(home / ".cargo/advisory-db"));
}

TEST_CASE("a repair stops where somebody else could swap what it does", "[care]") {
    const OldHome home;
    fs::permissions(home / ".cargo", fs::perms::others_write, fs::perm_options::add);
    const std::vector<std::string> codes = support::codes(repair_of(home));
    CHECK(std::ranges::find(codes, "untrusted_parent") != codes.end());
}

TEST_CASE("an empty directory of the home stays when a link in it is taken back", "[care]") {
    Migration home;
    home.request.profile = "tiered";
    os::Fs real;
    home.apply(real);
    REQUIRE(fs::is_symlink(home / ".cargo/registry/cache"));
    for (const auto& entry : fs::directory_iterator(home / ".cargo/registry")) {
        fs::remove(entry.path());
    }
    const support::Snapshot before = found(home);
    repair(home, real);
    CHECK(fs::exists(home / ".cargo/registry/cache/registry.example-5d0c3a7be9f81246"));
    apply::roll_back(home.context(real), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, found(home)) == "");
    // And where the directory went as well.
    fs::remove(home / ".cargo/registry");
    const support::Snapshot without = found(home);
    repair(home, real);
    CHECK(fs::exists(home / ".cargo/registry/cache/registry.example-5d0c3a7be9f81246"));
    apply::roll_back(home.context(real), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(without, found(home)) == "");
}

TEST_CASE("a home without a journal, or with an open transaction, is not repaired", "[care]") {
    const Migration bare;
    CHECK_FALSE(repair_of(bare).changes_something());

    const Migration cut;
    FaultFs faults(FaultFs::Fault::death, 12, EIO);
    CHECK_THROWS(cut.apply(faults));
    CHECK(support::codes(repair_of(cut)) == std::vector<std::string>{"unfinished"});
}

TEST_CASE("what the user left out when he migrated is left out by a repair", "[care]") {
    Migration home;
    home.request.selection.exclude.insert("cargo/config.toml");
    os::Fs real;
    home.apply(real);
    CHECK_FALSE(repair_of(home).changes_something());
}

TEST_CASE("an item on another filesystem is repaired by a copy", "[care]") {
    Migration home;
    if (!home.use_second_filesystem()) {
        WARN("SKIPPED: /dev/shm is not another filesystem");
        return;
    }
    os::Fs real;
    home.apply(real);
    fs::remove(home / ".cargo/registry");
    write_file(home / ".cargo/registry/CACHEDIR.TAG", "again");
    const support::Snapshot before = found(home);
    repair(home, real);
    CHECK(fs::is_symlink(home / ".cargo/registry"));
    CHECK(read_file(home / ".cargo/registry/CACHEDIR.TAG") == "again");
    CHECK(fs::exists(home.second() / "cache/cargo/.rehome-2-registry/CACHEDIR.TAG"));
    apply::roll_back(home.context(real), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, found(home)) == "");
    CHECK(fs::exists(home.second() / "cache/cargo/registry/cache"));
}
