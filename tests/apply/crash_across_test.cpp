// The crash sweeps of crash_test.cpp, with two of the three items on another filesystem.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>

using namespace rehome;
using support::FaultFs;
using support::Migration;

namespace {

enum class Way { back, on };

using Action = std::function<void(const Migration&, FaultFs&)>;
using Check = std::function<void(const Migration&, const support::Snapshot&)>;

bool everything_readable(const Migration& home) {
    return std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG") &&
           std::filesystem::exists(home / ".cargo/config.toml") &&
           std::filesystem::exists(home /
                                   ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc");
}

bool is_finished(const Migration& home) {
    return everything_readable(home) && std::filesystem::is_symlink(home / ".cargo/registry") &&
           std::filesystem::is_symlink(home / ".rustup/toolchains");
}

// What a user does after a kill.
void recover(const Migration& home, Way way) {
    os::Fs fs;
    for (const journal::Journal& journal : home.journals()) {
        if (way == Way::back && journal.stage != journal::Stage::closed) {
            apply::roll_back(home.context(fs), journal, apply::Missing::refuse);
        } else if (way == Way::on) {
            apply::resume(home.context(fs), journal);
        }
    }
}

// At home all is as it was, and nothing is left elsewhere.
void require_original(const Migration& home, const support::Snapshot& before) {
    CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
    CHECK(std::filesystem::is_empty(home.second()));
}

void apply_with(const Migration& home, FaultFs& fs) {
    home.apply(fs);
}

void roll_back_with(const Migration& home, FaultFs& fs) {
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
}

void nothing(const Migration&) {}

void applied(const Migration& home) {
    os::Fs fs;
    home.apply(fs);
}

using Prepare = std::function<void(const Migration&)>;

// What was made within a tick of the kernel's clock is copied once more: the number of calls would
// not be the same in each run.
void let_the_clock_tick() {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

// What rustup, which takes no lock, does while copies are proven: a file comes and another one
// goes.
class LateWork {
public:
    explicit LateWork(const Migration& home) : toolchain_(home / ".rustup/toolchains") {
        toolchain_ /= "stable-x86_64-unknown-linux-gnu";
    }

    void operator()(std::string_view call, const std::filesystem::path& path) {
        if (call == "symlink" && path.filename().string().starts_with(".rehome-") && !is_done) {
            is_done = true;
            const auto time = std::filesystem::last_write_time(toolchain_ / "bin");
            support::write_file(toolchain_ / "bin/late", "late\n");
            std::filesystem::remove(toolchain_ / "bin/rustc");
            std::filesystem::last_write_time(toolchain_ / "bin", time);
        }
    }

    // Whether it is kept at home. Takes the traces of it out of the snapshots.
    void check(support::Snapshot& before, support::Snapshot& after) const {
        if (is_done) {
            const std::string bin = ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/";
            CHECK(support::read_file(toolchain_ / "bin/late") == "late\n");
            CHECK(before.erase(bin + "rustc") == 1);
            CHECK(after.erase(bin + "late") == 1);
        }
    }

    bool is_done = false;

private:
    std::filesystem::path toolchain_;
};

// Every second call: at the calls of the system the program itself is struck (tests/sweep).
constexpr std::size_t every = 2;

// Answers how many points there were; 0 without a second filesystem.
std::size_t sweep(FaultFs::Fault fault, int code, const Prepare& prepare, const Action& action,
                  const Check& check) {
    std::size_t points = 1;
    for (std::size_t call = 1; call <= points; call += every) {
        Migration home;
        if (!home.use_second_filesystem()) {
            fmt::print("SKIPPED: no second filesystem at /dev/shm\n");
            return 0;
        }
        if (call == 1) {
            Migration whole;
            REQUIRE(whole.use_second_filesystem());
            prepare(whole);
            let_the_clock_tick();
            FaultFs fs;
            action(whole, fs);
            points = fs.calls().size();
        }
        const support::Snapshot before = home.snapshot_without_inodes();
        prepare(home);
        let_the_clock_tick();
        FaultFs fs(fault, static_cast<int>(call), code);
        try {
            action(home, fs);
        } catch (const base::Error&) {
            // What is left on the disk is what counts.
        }
        REQUIRE(fs.has_struck());
        INFO("call " << call << " of " << points << ": " << fs.calls()[call - 1]);
        CHECK(everything_readable(home));
        check(home, before);
    }
    return points;
}

void check_back(const Migration& home, const support::Snapshot& before) {
    recover(home, Way::back);
    require_original(home, before);
}

void check_on(const Migration& home, const support::Snapshot& before) {
    recover(home, Way::on);
    if (!home.journals().empty() && home.journals().back().stage == journal::Stage::committed) {
        CHECK(is_finished(home));
        CHECK_FALSE(home.journals().back().has_unsettled_originals());
        CHECK_FALSE(std::filesystem::exists(home / ".cargo/.rehome-1-registry"));
    }
    check_back(home, before);
}

void check_late_work(bool is_back, support::Way way) {
    const auto place = support::mount_or_skip(support::Filesystem::ext4, {.megabytes = 64});
    if (!place) {
        return;
    }
    int points = 0;
    for (int call = 1; call == 1 || call <= points; ++call) {
        Migration home("minimal", place->path());
        if (!home.use_second_filesystem()) {
            fmt::print("SKIPPED: no second filesystem at /dev/shm\n");
            return;
        }
        support::Snapshot before = home.snapshot_without_inodes();
        if (is_back) {
            applied(home);
        }
        let_the_clock_tick();
        FaultFs fs(FaultFs::Fault::death, points == 0 ? 0 : call, EIO);
        fs.leave_out_syncs();
        LateWork work(home);
        fs.watch_paths(std::ref(work));
        try {
            is_back ? roll_back_with(home, fs) : apply_with(home, fs);
        } catch (const base::Error&) {
            // What is left on the disk is what counts.
        }
        INFO((is_back ? "rollback" : "apply") << ", call " << call << " of " << points);
        if (points == 0) {
            REQUIRE(work.is_done);
            points = static_cast<int>(fs.calls().size());
            call = 0;
        } else {
            REQUIRE(fs.has_struck());
        }
        FaultFs second;
        second.leave_out_syncs();
        support::recover(home, second, way);
        support::recover(home, second, support::Way::back);
        support::Snapshot after = home.snapshot_without_inodes();
        work.check(before, after);
        CHECK(support::difference(before, after) == "");
        CHECK(std::filesystem::is_empty(home.second()));
    }
    fmt::print("killed where work comes late, {}, then {}: {} points\n",
               is_back ? "rollback" : "apply",
               support::word_of(way),
               points);
}

}  // namespace

TEST_CASE("a kill at any call of a copying apply can be rolled back", "[apply][across]") {
    sweep(FaultFs::Fault::death, EIO, nothing, apply_with, check_back);
}

TEST_CASE("a kill at any call of a copying apply can be resumed", "[apply][across]") {
    sweep(FaultFs::Fault::death, EIO, nothing, apply_with, check_on);
}

TEST_CASE("a kill at any call of copying back can be repeated or resumed", "[apply][across]") {
    sweep(FaultFs::Fault::death, EIO, applied, roll_back_with, check_back);
    sweep(FaultFs::Fault::death, EIO, applied, roll_back_with, check_on);
}

TEST_CASE("a kill at any call of a rollback with the originals kept can be repeated",
          "[apply][across]") {
    const auto kept = [](const Migration& home) {
        Migration& own = const_cast<Migration&>(home);
        own.request.keep_originals = true;
        applied(home);
        support::write_file(home / ".cargo/registry/since", "made since\n");
        std::filesystem::remove(home / ".cargo/registry/CACHEDIR.TAG");
        support::write_file(home / ".cargo/registry/CACHEDIR.TAG", "changed since\n");
    };
    sweep(FaultFs::Fault::death,
          EIO,
          kept,
          roll_back_with,
          [](const Migration& home, const support::Snapshot&) {
              recover(home, Way::back);
              CHECK(support::read_file(home / ".cargo/registry/since") == "made since\n");
              CHECK(support::read_file(home / ".cargo/registry/CACHEDIR.TAG") == "changed since\n");
              CHECK_FALSE(std::filesystem::is_symlink(home / ".cargo/registry"));
              std::string rest;
              for (const auto& [path, entry] : support::take_snapshot(home.second())) {
                  rest += path + "\n";
              }
              CHECK(rest == ".\n");
              CHECK_FALSE(std::filesystem::exists(home / ".cargo/.rehome-1-registry"));
          });
}

TEST_CASE("an error at any call of a copying apply puts everything back", "[apply][across]") {
    for (const int code : {EIO, ENOSPC, EACCES}) {
        sweep(FaultFs::Fault::error,
              code,
              nothing,
              apply_with,
              [](const Migration& home, const support::Snapshot& before) {
                  const std::vector<journal::Journal> journals = home.journals();
                  // Committed: only an original could not be deleted, and stays.
                  if (!journals.empty() && journals.back().stage != journal::Stage::closed) {
                      recover(home, Way::back);
                  }
                  require_original(home, before);
              });
    }
}

TEST_CASE("an error at any call of copying back leaves it to be repeated", "[apply][across]") {
    sweep(FaultFs::Fault::error,
          EIO,
          applied,
          roll_back_with,
          [](const Migration& home, const support::Snapshot& before) {
              recover(home, Way::back);
              CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
              // A copy that could not be deleted is named.
              const bool told = std::ranges::any_of(home.told(), [](const std::string& line) {
                  return line.starts_with("Kept the copy of");
              });
              CHECK((std::filesystem::is_empty(home.second()) || told));
          });
}

TEST_CASE("a kill where work during an apply is copied too loses none of it", "[apply][across]") {
    check_late_work(false, support::Way::back);
}

TEST_CASE("a kill where work during an apply is copied too can be resumed", "[apply][across]") {
    check_late_work(false, support::Way::on);
}

TEST_CASE("a kill where work during copying back is copied too loses none of it",
          "[apply][across]") {
    check_late_work(true, support::Way::back);
}

TEST_CASE("a kill where work during copying back is copied too can be resumed", "[apply][across]") {
    check_late_work(true, support::Way::on);
}
