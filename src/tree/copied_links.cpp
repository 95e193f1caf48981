#include "tree/copied_links.hpp"

namespace rehome::tree {

// The inode alone does not tell: a tree may have btrfs subvolumes in it, each with its own numbers.
const CopiedLinks::Linked* CopiedLinks::find(const os::FileInfo& original) const {
    const auto place = links_.find({original.device, original.inode});
    return place != links_.end() ? &place->second : nullptr;
}

void CopiedLinks::add(const os::FileInfo& original, Linked linked) {
    links_.emplace(File{original.device, original.inode}, std::move(linked));
}

bool CopiedLinks::is_free_for(const os::FileInfo& original, const os::FileInfo& there) {
    if (there.links <= 1) {
        return true;
    }
    const File own{original.device, original.inode};
    const std::lock_guard guard(there_mutex_);
    return originals_.try_emplace(File{there.device, there.inode}, own).first->second == own;
}

}  // namespace rehome::tree
