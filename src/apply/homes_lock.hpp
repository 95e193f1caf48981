#pragma once

#include "apply/switcher.hpp"
#include "os/fs.hpp"
#include "os/lease.hpp"
#include "os/lock.hpp"
#include "rust/running_tools.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace rehome::apply {

// Holds, as long as it lives, the locks that keep others out: of other rehomes a flock on the
// directory of each home; of cargo its two cache locks, and for trees that are copied those on
// single files; and nobody is at work whom the switch could hurt.
class HomesLock {
public:
    // Keeps other rehomes out. Waits at most so long for each of them. Throws Error(busy) naming
    // who holds what, by PID, Error(interrupted) at Ctrl-C.
    static HomesLock take_own(const os::ReadFs& fs, std::vector<rust::WatchedHome> homes,
                              std::chrono::milliseconds wait, const Tell& tell);

    // What lies at the target counts as a part of the home in which its item is.
    void watch(const std::filesystem::path& item, std::filesystem::path target);

    // Keeps cargo and rustup out as well; does nothing if they are already. `copied` are the trees,
    // where they are now, that nobody may write to: a rename takes a writer along, a copy does not.
    // All or none is taken, so that a program that waits for a lock of ours can finish. Throws as
    // take_own(). Leaves on the disk: cargo's two cache lock files, where they were missing.
    void take_tools(const os::ReadFs& fs, std::chrono::milliseconds wait, const Tell& tell,
                    const std::vector<std::filesystem::path>& copied);

    // Gives back what take_tools() took; other rehomes stay out.
    void let_tools_go();

    // After take_tools(), where copies have been made since: lets go whoever waits for a lock of
    // ours with a file of those trees open, for he would write where nobody reads, and waits for
    // rustup, which takes no lock. Returns when nobody is there and `take_in`, which takes in what
    // has changed, answers that there was nothing. Throws as take_tools(), also where there is no
    // end. No rustup begins while the caller keeps what is returned; it must not open rustup's
    // settings.
    [[nodiscard]] std::optional<os::Lease> let_tools_rest(const os::ReadFs& fs,
                                                          const std::function<bool()>& take_in,
                                                          std::chrono::milliseconds wait,
                                                          const Tell& tell);

    // After the items went home: waits, at most so long, for the compilers that run now. One that
    // began before may look for its libraries where it found itself, below the target. Throws
    // nothing: with the time over, or after Ctrl-C, they are on their own.
    void wait_for_compilers(std::chrono::milliseconds wait, const Tell& tell) const;

    [[nodiscard]] bool has_tools() const { return has_tools_; }

private:
    HomesLock() = default;

    [[nodiscard]] std::optional<os::Lease> keep_rustup_waiting() const;

    std::vector<rust::WatchedHome> homes_;
    std::vector<os::FileLock> locks_;
    bool has_tools_ = false;
    std::vector<std::filesystem::path> copied_;  // as take_tools() was told
};

// Looks again and again for as long as it holds, at most so long and until Ctrl-C. Calls `tell`
// once before it waits.
void wait_while(const std::function<bool()>& condition, std::chrono::milliseconds wait,
                const std::function<void()>& tell);

}  // namespace rehome::apply
