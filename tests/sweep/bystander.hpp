#pragma once

#include "sweep/scene.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <vector>

namespace rehome::sweep {

// Another program that works beside rehome and syncs what it writes. A filesystem may write more
// than that to the disk then: its whole log, or what it takes to belong to the file.
class Bystander {
public:
    // Makes a new file in this directory and syncs it, then the directory. Throws
    // std::system_error.
    void sync_new_file(const std::filesystem::path& directory);

    // The same in a directory of the scene's home, or in the nearest above it that is there.
    void sync_new_file_near(const Scene& scene, const char* directory);

    // Removes the files that are still there and gives their directories the times that they had,
    // so that a comparison does not meet them.
    void leave() const;

private:
    struct Visit {
        std::filesystem::path file;
        timespec mtime;  // of its directory
    };

    std::vector<Visit> visits_;
};

}  // namespace rehome::sweep
