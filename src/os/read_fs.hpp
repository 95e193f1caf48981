#pragma once

#include "os/directory.hpp"
#include "os/file_copy.hpp"
#include "os/file_info.hpp"
#include "os/mounts.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::os {

// What a filesystem says of itself, in bytes and inodes that a user without privileges may take.
struct Capacity {
    std::uint64_t free_bytes = 0;
    std::optional<std::uint64_t> free_inodes;  // nothing where the filesystem has no fixed number
    std::uint64_t block = 4096;                // in which room is given out
    std::uint64_t longest_name = 255;          // in bytes

    bool operator==(const Capacity&) const = default;
};

enum class Cache { used, dropped };

// What tells a filesystem from others across reboots, as far as it tells: its type and f_fsid of
// statfs(2) (of ext4 and btrfs made from the UUID, of tmpfs new with each mount); of xfs, where it
// is the number of the device, the UUID. 0 = unknown.
struct FilesystemId {
    std::uint64_t type = 0;
    std::uint64_t id = 0;

    bool operator==(const FilesystemId&) const = default;
};

// Looks at the system and never changes it. A missing name is a value; every other failure throws
// Error(io). Thread-safe.
class ReadFs {
public:
    ReadFs() = default;
    ReadFs(const ReadFs&) = delete;
    ReadFs& operator=(const ReadFs&) = delete;
    virtual ~ReadFs() = default;

    // Opens a directory, links followed.
    [[nodiscard]] Directory open(const std::filesystem::path& path) const;
    // Nothing if a part of the path is missing or is no directory.
    [[nodiscard]] std::optional<Directory> open_if_there(const std::filesystem::path& path) const;

    // A subdirectory; nothing if missing. Links are not followed and mounts not entered: both throw
    // (ENOTDIR or ELOOP, EXDEV).
    [[nodiscard]] std::optional<Directory> open_inside(const Directory& directory,
                                                       const std::string& name) const;

    // Links not followed; nothing if missing.
    [[nodiscard]] std::optional<FileInfo> look(const Directory& directory,
                                               const std::string& name) const;
    [[nodiscard]] std::optional<FileInfo> look(const Location& at) const;
    [[nodiscard]] std::optional<FileInfo> look(const std::filesystem::path& path) const;
    // Links followed; nothing if missing, dangling or a loop.
    [[nodiscard]] std::optional<FileInfo> look_through(const std::filesystem::path& path) const;
    [[nodiscard]] FileInfo look(const Directory& directory) const;

    [[nodiscard]] std::string read_link(const Location& at) const;
    // Reads the file or link and checks nothing: its digest and that of its attributes. With
    // Cache::dropped from the disk, not from memory. Links are not followed. `vanished` also for
    // what is neither.
    [[nodiscard]] FileCopy examine(const Location& at, CopyBuffer& buffer, Cache cache) const;
    // Of a file or link, which is not followed.
    [[nodiscard]] std::uint64_t attributes_checksum(const Location& at) const;
    // Of a directory.
    [[nodiscard]] std::uint64_t attributes_checksum(const Directory& directory) const;
    // Sorted by name, without "." and "..".
    [[nodiscard]] std::vector<Entry> list(const Directory& directory) const;
    // Whether it has no entries; reads no more than it must.
    [[nodiscard]] bool is_empty(const Directory& directory) const;
    // The whole file, links followed; nothing if missing, dangling or a loop.
    [[nodiscard]] std::optional<std::string> read(const std::filesystem::path& path) const;

    // With every link and dot resolved; the path must exist.
    [[nodiscard]] std::filesystem::path real_path(const std::filesystem::path& path) const;
    // The path under which the kernel knows the open directory.
    [[nodiscard]] std::filesystem::path real_path(const Directory& directory) const;
    [[nodiscard]] bool may_write(const std::filesystem::path& directory) const;
    [[nodiscard]] bool may_read(const std::filesystem::path& directory) const;
    [[nodiscard]] Capacity capacity(const std::filesystem::path& path) const;
    // Whether names in the directory that differ only in case are one (ext4 and f2fs, chattr +F).
    [[nodiscard]] bool folds_case(const std::filesystem::path& directory) const;
    [[nodiscard]] bool is_btrfs(const Directory& directory) const;
    [[nodiscard]] FilesystemId filesystem_of(const Directory& directory) const;
    // Whether syncfs(2) there is known to write everything back and to tell of failures: of FUSE
    // and network filesystems it is not.
    [[nodiscard]] bool syncs_at_once(const Directory& directory) const;
    // Linux; empty where /proc is not mounted.
    [[nodiscard]] std::vector<Mount> mounts() const;
};

}  // namespace rehome::os
