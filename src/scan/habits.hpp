#pragma once

#include "os/read_fs.hpp"
#include "plan/inventory.hpp"

#include <filesystem>

namespace rehome::scan {

// What of cargo's home depends on where it lies, of files that its config includes to programs that
// look for it by its old path alone: `included`, `follows` and `hard_linked_proxies`. The home can
// be read; links in it are followed.
void look_at_habits(const os::ReadFs& fs, const std::filesystem::path& user_home, plan::Home& home);

}  // namespace rehome::scan
