#pragma once

#include <filesystem>

namespace rehome::support {

// What the filesystem of a directory can do, tried out on it with a file that is gone afterwards.
// A test that needs it is skipped elsewhere.
bool keeps_holes(const std::filesystem::path& directory);

// User xattrs and POSIX ACLs.
bool keeps_attributes(const std::filesystem::path& directory);

}  // namespace rehome::support
