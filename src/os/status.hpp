#pragma once

#include "os/file_info.hpp"

namespace rehome::os {

// statx(2): fills `info` and returns 0, or returns errno. `flags` are AT_SYMLINK_NOFOLLOW and such.
int status_at(int directory, const char* name, int flags, FileInfo& info);

// Of an open file.
int status_of(int descriptor, FileInfo& info);

}  // namespace rehome::os
