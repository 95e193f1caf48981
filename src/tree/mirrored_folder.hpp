#pragma once

#include "os/read_fs.hpp"
#include "tree/manifest.hpp"
#include "tree/walk.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rehome::tree {

// A directory that is being copied, and what is known of it beforehand.
struct MirroredFolder : Folder {
    MirroredFolder(std::shared_ptr<Folder> outer, std::string own_name, os::Directory from,
                   os::Directory to)
        : Folder(std::move(outer), std::move(own_name)), source(std::move(from)),
          destination(std::move(to)) {}

    // Closes both directories.
    void rest(const os::ReadFs& fs);
    // Opens them again. Throws Error(io) if one is another by now.
    void wake(const os::ReadFs& fs);

    os::Directory source;
    os::Directory destination;
    os::FileInfo known_source{};  // while it rests
    os::FileInfo known_destination{};
    bool fresh = false;  // we made the destination: nothing is in it but what we put there
    std::optional<ManifestEntry> before{};
    std::vector<ManifestEntry> entries_before{};
    std::optional<ManifestEntry> kept{};  // by the manifest of Keep
    std::vector<ManifestEntry> entries_kept{};
    std::optional<ManifestEntry> ours{};  // likewise
    std::vector<ManifestEntry> entries_ours{};
    std::atomic<bool> touched = false;
    std::mutex mutex{};
    std::vector<ManifestEntry> entries{};
};

}  // namespace rehome::tree
