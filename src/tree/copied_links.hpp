#pragma once

#include "os/file_info.hpp"
#include "tree/manifest.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace rehome::tree {

// Which files with several names were copied, and to where. Grows with the number of such files.
class CopiedLinks {
public:
    struct Linked {
        std::string first;  // the path below the root of the name that was copied
        ManifestEntry entry;
    };

    // To be held from find() until the name is there: the other names wait for it.
    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }

    // Null if none of its names was copied yet.
    [[nodiscard]] const Linked* find(const os::FileInfo& original) const;
    void add(const os::FileInfo& original, Linked linked);

    // Whether what the destination has from before may stay for this original: another one may have
    // come to the same inode. Thread-safe.
    bool is_free_for(const os::FileInfo& original, const os::FileInfo& there);

private:
    using File = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

    std::mutex mutex_;
    std::map<File, Linked> links_;  // by the original
    std::mutex there_mutex_;
    std::map<File, File> originals_;  // by what the destination has of them
};

}  // namespace rehome::tree
