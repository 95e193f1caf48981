#pragma once

#include <filesystem>

namespace rehome::support {

// A new file of the same size and bytes, which takes no more room than the first: holes stay holes.
// Throws std::system_error.
void copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rehome::support
