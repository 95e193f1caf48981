#pragma once

#include "os/read_fs.hpp"

#include <optional>
#include <string>

namespace rehome::tree {

// A subdirectory; nothing if it is missing or no directory any more. Links are not followed, and
// mounts not entered: Error(io).
std::optional<os::Directory> open_if_directory(const os::ReadFs& fs, const os::Location& at);

// A directory below an open one, by its path, however long that is. Throws Error(io) if it is
// missing, or not the one that was `known`.
os::Directory open_below(const os::ReadFs& fs, const os::Directory& top, const std::string& path,
                         const os::FileInfo& known);

// Where a path below an open directory is, however long it is: its own directory is open then.
// Throws Error(io) if it leads through something missing, through a link or into a mount.
os::Location place_below(const os::ReadFs& fs, const os::Directory& top, const std::string& path);

}  // namespace rehome::tree
