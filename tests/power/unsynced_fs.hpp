#pragma once

#include "os/fs.hpp"

#include <vector>

namespace rehome::power {

// The real Fs, except that nothing is synced: without a power cut that changes nothing, and takes
// long.
class UnsyncedFs : public os::Fs {
public:
    void sync(os::AppendFile&) override {}

    void sync_directories(const std::vector<os::Directory>&) override {}

    void sync_file(const os::Location&) override {}

    void sync_filesystem(const os::Directory&) override {}
};

}  // namespace rehome::power
