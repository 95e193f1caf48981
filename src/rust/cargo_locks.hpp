#pragma once

#include "os/lock.hpp"
#include "os/read_fs.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::rust {

// Cargo's locks on its caches, in the order in which cargo takes them (cargo 1.95, cache_lock
// MutateExclusive). Whole-file flocks on files in CARGO_HOME that are never renamed.
inline constexpr std::array<std::string_view, 2> cache_locks{".package-cache-mutate",
                                                             ".package-cache"};

// Tries to take all of the cache locks of the opened CARGO_HOME, making the files where they are
// missing, as cargo does. All or none: where one is held by another, nothing is kept and `busy`
// gets its name.
std::optional<std::vector<os::FileLock>> try_lock_caches(const os::Directory& cargo_home,
                                                         std::string& busy);

}  // namespace rehome::rust
