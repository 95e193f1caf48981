#pragma once

#include "os/fs.hpp"

namespace rehome::tree {

// Everything below the place is on the disk when it returns: by one syncfs where the filesystem is
// known to keep its word, else by an fsync of each file and directory.
void sync(os::Fs& fs, const os::Location& at, unsigned workers);

}  // namespace rehome::tree
