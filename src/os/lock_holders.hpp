#pragma once

#include "os/file_info.hpp"

#include <string>
#include <vector>

namespace rehome::os {

struct LockHolder {
    int id = 0;
    std::string name;  // of its executable's file

    bool operator==(const LockHolder&) const = default;
};

// The processes that hold an flock on the file. Of those that we may not look into only the one
// that has locked it, if it still lives. Empty where none can be seen: a process of another
// machine, or outside of our PID namespace.
std::vector<LockHolder> lock_holders(const FileInfo& file);

}  // namespace rehome::os
