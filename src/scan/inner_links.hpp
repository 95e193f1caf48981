#pragma once

#include "os/read_fs.hpp"
#include "plan/inventory.hpp"

#include <filesystem>
#include <vector>

namespace rehome::scan {

// Of a filesystem that tells no types with its names the type is looked up.
os::FileType type_of(const os::ReadFs& fs, const os::Directory& directory, const os::Entry& entry);

// The links right in the directory; none where there is no directory. rustup's proxies and linked
// toolchains are such links.
std::vector<plan::InnerLink> inner_links(const os::ReadFs& fs, const std::filesystem::path& path);

}  // namespace rehome::scan
