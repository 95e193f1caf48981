#include "apply/barrier.hpp"

#include <set>
#include <vector>

namespace rehome::apply {

void Barrier::touch(const os::Directory& directory) {
    const os::FileInfo info = fs_.look(directory);
    touched_.emplace(std::pair(info.device, info.inode), directory);
}

void Barrier::sync() {
    std::vector<os::Directory> directories;
    std::set<std::uint64_t> synced_devices;
    for (const auto& [identity, directory] : touched_) {
        if (!fs_.is_btrfs(directory)) {
            directories.push_back(directory);
        } else if (synced_devices.insert(identity.first).second) {
            fs_.sync_filesystem(directory);
        }
    }
    fs_.sync_directories(directories);
    touched_.clear();
}

}  // namespace rehome::apply
