#pragma once

#include <cstdint>
#include <filesystem>

namespace rehome::support {

// Makes what the list says below `home`, which is made if it is missing: bytes, modes, times, links
// and attributes as fixtures/homes/README.md describes. The umask plays no part. Attributes that
// this filesystem does not have are named on stderr and left out. Throws std::system_error, and
// std::runtime_error for a list that is none.
void make_sample_home(const std::filesystem::path& toml_file, const std::filesystem::path& home);

// Adds so many small files to cargo's unpacked crates, thirty to a crate.
void add_small_files(const std::filesystem::path& home, std::uint64_t count);

}  // namespace rehome::support
