#include "rust/item_locks.hpp"

namespace rehome::rust {

std::optional<std::vector<os::FileLock>>
try_lock_items(const os::ReadFs& fs, const os::Directory& cargo_home, std::string& busy) {
    std::vector<os::FileLock> locks;
    for (const std::string_view name : item_locks) {
        const os::Location file{cargo_home, std::string(name)};
        const std::optional<os::FileInfo> info = fs.look_through(file.path());
        if (!info || info->type != os::FileType::file) {
            continue;
        }
        std::optional<os::FileLock> lock = os::FileLock::try_lock_existing(file);
        if (!lock) {
            busy = name;
            return std::nullopt;
        }
        locks.push_back(*std::move(lock));
    }
    return locks;
}

}  // namespace rehome::rust
