#pragma once

#include "os/lock.hpp"
#include "os/read_fs.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::rust {

// The files in CARGO_HOME that cargo and cargo-binstall lock themselves (whole-file flocks, cargo
// 1.95) and that a move takes along. A rename keeps their lock; a copy has none, so whoever opened
// the original goes on writing there: hold all of them from the last comparison to the switch.
inline constexpr std::array<std::string_view, 5> item_locks{
    ".crates.toml", ".crates2.json", "credentials.toml", "credentials", "binstall/crates-v1.json"};

// Tries to lock those that exist in the opened CARGO_HOME, links followed; makes none, and passes
// over what is no file. All or none: where one is held by another, nothing is kept and `busy` gets
// its name. The lock is on the file that lies there now, wherever that is renamed to. Throws
// Error(io) if a file cannot be opened or goes meanwhile.
std::optional<std::vector<os::FileLock>>
try_lock_items(const os::ReadFs& fs, const os::Directory& cargo_home, std::string& busy);

}  // namespace rehome::rust
