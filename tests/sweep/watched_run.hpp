#pragma once

#include "support/command.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::sweep {

// What happens to which changing system call of a run. Calls are counted from 1 over all threads,
// in the order in which they are made.
struct Strike {
    enum class What {
        nothing,
        kill,         // SIGKILL before that call
        error,        // that call is not made and fails with `code`
        error_since,  // so do all later ones that need space, or all where the code is not of space
        cut,  // the first write from there on writes half; with a code the write after it fails
        outage_before,  // at that call the power fails: `outage` is called, then comes SIGKILL
        outage_after,   // the same when that call has been made, if it is a sync (else before)
    };

    What what = What::nothing;
    std::size_t call = 0;
    int code = 0;
    std::function<void()> outage = {};  // while all changing calls of the run wait
    // Called with the number of each call before it is made or struck, while its thread waits.
    std::function<void(std::size_t call)> before_each = {};
};

// Without a power cut syncs change nothing, and a sweep has ten thousands of them.
enum class Syncs {
    skipped,  // counted and struck as all calls are, but not made
    made,     // one at a time
};

struct WatchedRun {
    support::CommandResult ended;
    std::vector<std::string_view> calls;  // the changing ones, by name
    bool has_struck = false;

    // "call 7 of 60, renameat2": which one was struck.
    [[nodiscard]] std::string call_text(std::size_t call) const;
};

// Whether a call of this name waits for a disk.
bool is_sync(std::string_view call);

// Whether a full disk can make a call of this name fail.
bool needs_space(std::string_view call);

// Whether a full disk answers with this code.
bool is_of_space(int code);

// Empty where this machine lets a process watch the calls of its child; else why not.
std::string why_unwatchable();

// Runs it to its end, as support::run() does, while its changing calls are watched from outside:
// the program is the one that users have, and any thread of it may be the one that is struck.
// Threads may each have a run of their own. What these functions throw is thrown when the run has
// ended.
WatchedRun run_watched(const support::Command& command, const Strike& strike = {},
                       Syncs syncs = Syncs::skipped);

}  // namespace rehome::sweep
