#pragma once

#include "os/file_copy.hpp"
#include "tree/manifest.hpp"

#include <cstdint>
#include <string>

namespace rehome::tree {

// The time by the clock that stamps files, in nanoseconds.
std::int64_t now();

// The entry for what was read from `read_at` on. Its ctime is 0 if it was changed at that time, or
// so shortly before that a further change could have got the same stamp.
ManifestEntry entry_of(const std::string& name, const os::FileCopy& copy, std::int64_t read_at);

// Whether two files or links that were read are equal in all but their hard links.
bool is_copy(const os::FileCopy& one, const os::FileCopy& other);

}  // namespace rehome::tree
