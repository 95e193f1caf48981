#pragma once

#include "os/fs.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace rehome::apply {

// Directories whose entries have to be on the disk before the next step begins. Their number is
// bounded by the directories of the plan, never by the files in them.
class Barrier {
public:
    explicit Barrier(os::Fs& fs) : fs_(fs) {}

    // The directory's entries were changed.
    void touch(const os::Directory& directory);

    // Returns when all that was touched is on the disk, and forgets it. On btrfs the whole
    // filesystem is synced: there, replaying the log after a crash can tear an exchange (PROTOCOL
    // 5).
    void sync();

private:
    os::Fs& fs_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, os::Directory> touched_;
};

}  // namespace rehome::apply
