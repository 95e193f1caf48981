#pragma once

#include "power/change.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rehome::power {

// A directory, with all that is below it, as one root of what is on a disk.
struct Root {
    std::filesystem::path path;
    InodeId inode = 0;
};

// What is on the disk below some roots: types, contents, modes, mtimes, link texts, hard links.
// Owners and extended attributes are not held.
struct Disk {
    std::vector<Root> roots;
    std::vector<Inode> inodes;

    // Throws std::system_error.
    static Disk read(const std::vector<std::filesystem::path>& roots);

    // Equal for disks that nobody can tell apart.
    [[nodiscard]] std::uint64_t fingerprint() const;
};

// Makes what is below the roots what the disk holds, as after a reboot: what rehome has noted of
// inodes and ctimes, in its journals and manifests, is translated to those that the files have now,
// and the boot in which it was noted is another one.
void write(const Disk& disk);

}  // namespace rehome::power
