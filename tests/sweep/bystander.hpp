#pragma once

#include "sweep/scene.hpp"

#include <filesystem>
#include <vector>

namespace rehome::sweep {

// Another program that works beside rehome and syncs what it writes. A filesystem may write more
// than that to the disk then: its whole log, or what it takes to belong to the file.
class Bystander {
public:
    // Makes a new file in this directory and syncs it. Throws std::system_error.
    void sync_new_file(const std::filesystem::path& directory);

    // The same beside the caches of a scene on one filesystem, or as near as there is a directory.
    void sync_new_file_beside_targets(const Scene& scene);

    // Removes the files that are still there, so that a comparison does not meet them.
    void leave() const;

private:
    std::vector<std::filesystem::path> files_;
};

}  // namespace rehome::sweep
