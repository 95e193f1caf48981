#pragma once

#include "apply/switcher.hpp"
#include "os/fs.hpp"
#include "os/lock.hpp"
#include "rust/running_tools.hpp"

#include <chrono>
#include <vector>

namespace rehome::apply {

// Holds, as long as it lives, the locks that keep other rehomes, cargo and rustup out: flock on the
// directory of each home, cargo's two cache locks, and nobody at work whom an exchange could hurt.
class HomesLock {
public:
    // Waits at most so long for each of them. Throws Error(busy) naming who holds what, by PID,
    // Error(interrupted) at Ctrl-C. What it leaves on the disk: cargo's lock files, where they were
    // missing.
    static HomesLock take(const os::ReadFs& fs, std::vector<rust::WatchedHome> homes,
                          std::chrono::milliseconds wait, const Tell& tell);

private:
    HomesLock() = default;

    std::vector<os::FileLock> locks_;
};

}  // namespace rehome::apply
