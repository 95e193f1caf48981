// The crash sweeps: the process is stopped before each of its changing calls, or that call fails,
// and afterwards the homes have to equal the original or the finished state. Kills of the real
// process are another matter (strace); these run the same code in every build.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>

using namespace rehome;
using support::FaultFs;
using support::Migration;
using support::recover;
using support::Way;

namespace {

bool everything_readable(const Migration& home) {
    return std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG") &&
           std::filesystem::exists(home / ".cargo/config.toml") &&
           std::filesystem::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu");
}

// Whether the links lead to the items; what is in them is compared after a rollback.
bool is_finished(const Migration& home) {
    return std::filesystem::is_symlink(home / ".cargo/registry") &&
           std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG") &&
           std::filesystem::is_symlink(home / ".cargo/config.toml") &&
           std::filesystem::exists(home / ".cargo/config.toml") &&
           std::filesystem::is_symlink(home / ".rustup/toolchains") &&
           std::filesystem::exists(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu");
}

using Prepare = std::function<void(const Migration&)>;
using Action = std::function<void(const Migration&, FaultFs&)>;
using Check = std::function<void(const Migration&, const support::Snapshot&)>;

std::size_t changing_calls(const Prepare& prepare, const Action& action) {
    const Migration home;
    prepare(home);
    FaultFs fs;
    action(home, fs);
    return fs.calls().size();
}

// Runs `action` with a fault at each of its changing calls, as many as a run without one makes.
void sweep(FaultFs::Fault fault, int code, const Prepare& prepare, const Action& action,
           const Check& check) {
    const std::size_t points = changing_calls(prepare, action);
    for (std::size_t call = 1; call <= points; ++call) {
        const Migration home;
        const support::Snapshot before = home.snapshot();
        prepare(home);
        FaultFs fs(fault, static_cast<int>(call), code);
        try {
            action(home, fs);
        } catch (const base::Error&) {
            // What is left on the disk is what counts.
        }
        REQUIRE(fs.has_struck());
        INFO("call " << call << " of " << points << ": " << fs.calls()[call - 1]);
        check(home, before);
    }
}

void nothing(const Migration&) {}

void applied(const Migration& home) {
    os::Fs fs;
    home.apply(fs);
}

void apply_with(const Migration& home, FaultFs& fs) {
    home.apply(fs);
}

void roll_back_with(const Migration& home, FaultFs& fs) {
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
}

}  // namespace

TEST_CASE("a kill at any call of an apply can be rolled back", "[apply]") {
    sweep(FaultFs::Fault::death,
          EIO,
          nothing,
          apply_with,
          [](const Migration& home, const support::Snapshot& before) {
              CHECK(everything_readable(home));
              os::Fs fs;
              recover(home, fs, Way::back);
              CHECK(support::difference(before, home.snapshot()) == "");
          });
}

TEST_CASE("a kill at any call of an apply can be resumed", "[apply]") {
    sweep(FaultFs::Fault::death,
          EIO,
          nothing,
          apply_with,
          [](const Migration& home, const support::Snapshot& before) {
              CHECK(everything_readable(home));
              os::Fs fs;
              if (recover(home, fs, Way::on)) {
                  const auto stage = home.journals().back().stage;
                  CHECK((stage == journal::Stage::committed ? is_finished(home)
                                                            : stage == journal::Stage::closed));
                  recover(home, fs, Way::back);
              }
              CHECK(support::difference(before, home.snapshot()) == "");
          });
}

TEST_CASE("a kill at any call of a rollback can be repeated or resumed", "[apply]") {
    for (const Way way : {Way::back, Way::on}) {
        sweep(FaultFs::Fault::death,
              EIO,
              applied,
              roll_back_with,
              [&](const Migration& home, const support::Snapshot& before) {
                  CHECK(everything_readable(home));
                  os::Fs fs;
                  recover(home, fs, way);
                  if (home.journals().back().stage == journal::Stage::committed) {
                      CHECK(is_finished(home));  // killed before it had begun
                      recover(home, fs, Way::back);
                  }
                  CHECK(support::difference(before, home.snapshot()) == "");
                  CHECK(home.journals().back().stage == journal::Stage::closed);
              });
    }
}

TEST_CASE("a kill at any call of a recovery can itself be recovered from", "[apply]") {
    // First killed after the second exchange: one item is un-switched, two are not.
    const auto killed_midway = [](const Migration& home) {
        FaultFs fs;
        int exchanges = 0;
        fs.watch([&](std::string_view call) {
            exchanges += call == "exchange" ? 1 : 0;
            if (exchanges == 3) {
                throw std::runtime_error("killed");
            }
        });
        CHECK_THROWS(home.apply(fs));
    };
    for (const Way way : {Way::back, Way::on}) {
        sweep(
            FaultFs::Fault::death,
            EIO,
            killed_midway,
            [&](const Migration& home, FaultFs& fs) { recover(home, fs, way); },
            [](const Migration& home, const support::Snapshot& before) {
                CHECK(everything_readable(home));
                os::Fs fs;
                recover(home, fs, Way::back);
                CHECK(support::difference(before, home.snapshot()) == "");
            });
    }
}

TEST_CASE("an error at any call of an apply puts everything back", "[apply]") {
    for (const int code : {EIO, ENOSPC, EACCES}) {
        sweep(FaultFs::Fault::error,
              code,
              nothing,
              apply_with,
              [](const Migration& home, const support::Snapshot& before) {
                  CHECK(everything_readable(home));
                  const std::vector<journal::Journal> journals = home.journals();
                  os::Fs fs;
                  // Only where the journal itself could not be synced is a rollback left to the
                  // user.
                  if (!journals.empty() && journals.back().stage != journal::Stage::closed) {
                      recover(home, fs, Way::back);
                  }
                  CHECK(support::difference(before, home.snapshot()) == "");
              });
    }
}

TEST_CASE("an error at any call of a rollback leaves it to be repeated", "[apply]") {
    sweep(FaultFs::Fault::error,
          EIO,
          applied,
          roll_back_with,
          [](const Migration& home, const support::Snapshot& before) {
              CHECK(everything_readable(home));
              os::Fs fs;
              recover(home, fs, Way::back);
              CHECK(support::difference(before, home.snapshot()) == "");
          });
}

TEST_CASE("a kill at any call without EXCHANGE can be rolled back", "[apply]") {
    sweep(
        FaultFs::Fault::death,
        EIO,
        nothing,
        [](const Migration& home, FaultFs& fs) {
            fs.refuse_exchange();
            home.apply(fs);
        },
        [](const Migration& home, const support::Snapshot& before) {
            FaultFs fs;
            fs.refuse_exchange();
            recover(home, fs, Way::back);
            CHECK(support::difference(before, home.snapshot()) == "");
        });
}
