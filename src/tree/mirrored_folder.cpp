#include "tree/mirrored_folder.hpp"

#include "tree/opening.hpp"

namespace rehome::tree {

void MirroredFolder::rest(const os::ReadFs& fs) {
    known_source = fs.look(source);
    known_destination = fs.look(destination);
    source = destination = os::Directory(-1, {});
}

void MirroredFolder::wake(const os::ReadFs& fs) {
    const auto& outer = static_cast<const MirroredFolder&>(anchor());
    const std::string own = path_below(outer);
    source = open_below(fs, outer.source, own, known_source);
    destination = open_below(fs, outer.destination, own, known_destination);
}

}  // namespace rehome::tree
