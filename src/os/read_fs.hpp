#pragma once

#include "os/directory.hpp"
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

    bool operator==(const Capacity&) const = default;
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

    // Links not followed; nothing if missing.
    [[nodiscard]] std::optional<FileInfo> look(const Location& at) const;
    [[nodiscard]] std::optional<FileInfo> look(const std::filesystem::path& path) const;
    // Links followed; nothing if missing, dangling or a loop.
    [[nodiscard]] std::optional<FileInfo> look_through(const std::filesystem::path& path) const;
    [[nodiscard]] FileInfo look(const Directory& directory) const;

    [[nodiscard]] std::string read_link(const Location& at) const;
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
    [[nodiscard]] bool is_btrfs(const Directory& directory) const;
    // Linux; empty where /proc is not mounted.
    [[nodiscard]] std::vector<Mount> mounts() const;
};

}  // namespace rehome::os
