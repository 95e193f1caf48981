#pragma once

#include "os/fs.hpp"
#include "tree/progress.hpp"

namespace rehome::tree {

// Removes a file, a link (never what it leads to) or a whole tree with so many threads. Mounts are
// not entered: Error(io), and everything outside of the mount is gone or still whole by then.
// Nothing happens where nothing is. Directories without write permission are made writable first.
void remove(os::Fs& fs, const os::Location& at, unsigned workers, Progress* progress = nullptr);

}  // namespace rehome::tree
