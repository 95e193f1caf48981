#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace rehome::os {

enum class FileType { file, directory, symlink, other };

// Times before the year 1677 or after 2262 cannot be told in nanoseconds: they are one of these.
constexpr std::int64_t earliest_time = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t latest_time = std::numeric_limits<std::int64_t>::max();

// What statx says of a name, links not followed. Times in nanoseconds since 1970, sizes in bytes.
struct FileInfo {
    FileType type = FileType::other;
    std::uint32_t mode = 0;  // the permission bits, 07777
    std::uint32_t user = 0;
    std::uint32_t group = 0;
    std::uint64_t size = 0;
    std::uint64_t disk_bytes = 0;
    std::int64_t mtime = 0;
    std::int64_t ctime = 0;
    std::int64_t birth = 0;  // 0 where the filesystem does not keep it
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t links = 0;
    std::uint64_t mount_id = 0;
    bool immutable = false;  // chattr +i or +a: cannot be renamed
    bool mount_root = false;

    bool operator==(const FileInfo&) const = default;
};

// A name in a directory. `other` also where the filesystem does not say.
struct Entry {
    std::string name;
    FileType type = FileType::other;

    auto operator<=>(const Entry&) const = default;
};

}  // namespace rehome::os
