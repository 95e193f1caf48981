#pragma once

#include "os/mounts.hpp"
#include "os/read_fs.hpp"

#include <filesystem>

namespace rehome::scan {

// Whether the directory may lie in a lower layer of an overlay without redirect_dir=on, where every
// rename of it answers EXDEV. False only where it certainly does not: the layers are visible from
// here, and no lower one has it. `real` has no links in it, `mount` is the one that it lies on.
bool may_be_in_lower_layer(const os::ReadFs& fs, const os::Mount& mount,
                           const std::filesystem::path& real);

}  // namespace rehome::scan
