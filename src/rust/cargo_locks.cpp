#include "rust/cargo_locks.hpp"

namespace rehome::rust {

std::optional<std::vector<os::FileLock>> try_lock_caches(const os::Directory& cargo_home,
                                                         std::string& busy) {
    std::vector<os::FileLock> locks;
    for (const std::string_view name : cache_locks) {
        const os::Location file{cargo_home, std::string(name)};
        std::optional<os::FileLock> lock = os::FileLock::try_lock(file);
        if (!lock) {
            busy = name;
            return std::nullopt;
        }
        locks.push_back(*std::move(lock));
    }
    return locks;
}

}  // namespace rehome::rust
