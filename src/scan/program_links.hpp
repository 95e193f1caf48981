#pragma once

#include "os/read_fs.hpp"
#include "plan/inventory.hpp"

#include <filesystem>

namespace rehome::scan {

// What the programs in `bin` and the links in `directory` are to each other. Either may be missing.
plan::ProgramLinks look_at_program_links(const os::ReadFs& fs,
                                         const std::filesystem::path& directory,
                                         const std::filesystem::path& bin);

}  // namespace rehome::scan
