#include "tree/opened_folder.hpp"

#include "tree/opening.hpp"

namespace rehome::tree {

void OpenedFolder::rest(const os::ReadFs& fs) {
    known = fs.look(directory);
    directory = os::Directory(-1, {});
}

void OpenedFolder::wake(const os::ReadFs& fs) {
    const auto& outer = static_cast<const OpenedFolder&>(anchor());
    directory = open_below(fs, outer.directory, path_below(outer), known);
}

}  // namespace rehome::tree
