// Killed, and the recovery killed too: every call of an apply with every call of what goes back or
// on from there, and then the one or the other to its end, on a home of three items. The sweep of
// pairs from outside (tests/sweep) has more calls than it can try each time.
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/mounted.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>

using namespace rehome;
using support::FaultFs;
using support::Migration;
using support::recover;
using support::Way;

namespace {

struct Pair {
    int first;
    Way way;
    int second;
    Way then;
};

struct Outcome {
    bool has_struck = false;
    std::string wrong;
};

template <class Run>
bool is_killed_at(int call, Run run) {
    FaultFs fs(FaultFs::Fault::death, call, EIO);
    fs.leave_out_syncs();
    try {
        run(fs);
    } catch (const base::Error&) {
        // What is left on the disk is what counts.
    }
    return fs.has_struck();
}

std::string unlike(const support::Snapshot& before, const Migration& home) {
    return support::difference(before, home.snapshot());
}

int calls_of_apply(const std::filesystem::path& parent) {
    const Migration home("minimal", parent);
    FaultFs fs;
    fs.leave_out_syncs();
    home.apply(fs);
    return static_cast<int>(fs.calls().size());
}

Outcome kill_twice(const std::filesystem::path& parent, const Pair& pair) {
    const Migration home("minimal", parent);
    const support::Snapshot before = home.snapshot();
    if (!is_killed_at(pair.first, [&](os::Fs& fs) { home.apply(fs); }) ||
        !is_killed_at(pair.second, [&](os::Fs& fs) { recover(home, fs, pair.way); })) {
        return {};
    }
    FaultFs fs;
    fs.leave_out_syncs();
    std::string wrong;
    try {
        recover(home, fs, pair.then);
        const bool is_finished = !home.journals().empty() && home.journals().back().is_in_force();
        if (is_finished) {
            wrong += pair.then == Way::back ? "rollback ended with the finished state\n" : "";
            recover(home, fs, Way::back);
        }
        wrong += unlike(before, home);
    } catch (const std::exception& error) {
        wrong += error.what();
    }
    return {true, wrong};
}

}  // namespace

TEST_CASE("kills at every pair of calls of an apply and its recovery are recovered", "[apply]") {
    const auto place = support::mount_or_skip(support::Filesystem::ext4, {.megabytes = 64});
    if (!place) {
        return;
    }
    const int calls = calls_of_apply(place->path());
    std::size_t pairs = 0;
    std::size_t wrong = 0;
    for (const Way way : {Way::back, Way::on}) {
        for (const Way then : {Way::back, Way::on}) {
            for (int first = 1; first <= calls; ++first) {
                for (int second = 1;; ++second) {
                    const Outcome outcome = kill_twice(place->path(), {first, way, second, then});
                    if (!outcome.has_struck) {
                        break;
                    }
                    pairs += 1;
                    if (!outcome.wrong.empty() && ++wrong <= 3) {
                        FAIL_CHECK("apply killed at call " << first << ", " << word_of(way)
                                                           << " at call " << second << ", then "
                                                           << word_of(then) << ":\n"
                                                           << outcome.wrong);
                    }
                }
            }
        }
    }
    fmt::print("killed twice at calls of Fs: {} pairs, {} wrong\n", pairs, wrong);
    CHECK(pairs > 1000);
    CHECK(wrong == 0);
}
