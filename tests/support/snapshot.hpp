#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rehome::support {

// All that a move has to keep of one name: what DESIGN calls equal, and nothing more (a directory
// has no size, nothing has an atime).
struct SnapshotEntry {
    std::string type;  // "file", "directory", "symlink", "fifo", "socket", "block device", ...
    std::uint32_t mode = 0;  // 07777
    std::uint32_t user = 0;
    std::uint32_t group = 0;
    std::uint64_t size = 0;
    std::uint64_t content = 0;  // a hash of the bytes
    bool readable = true;       // false: not for us, so nothing is known of what is in it
    bool has_holes = false;     // clearly less on the disk than its size
    std::int64_t mtime = 0;     // nanoseconds
    std::uint64_t device = 0;   // which one a device file means
    std::uint64_t inode = 0;    // 0 if left out
    std::string link_text = {};
    std::string first_name = {};  // of the names in the snapshot that are this same file; else ""
    std::map<std::string, std::string> extended = {};  // all xattrs, the ACLs among them

    bool operator==(const SnapshotEntry&) const = default;
};

// By the path below the root, in bytes; the root itself is ".".
using Snapshot = std::map<std::string, SnapshotEntry>;

enum class Inodes { compared, left_out };

struct SnapshotOptions {
    Inodes inodes = Inodes::compared;
    // Left out with all that is below them; "." leaves out only the root's own entry.
    std::vector<std::string> except = {};
};

// Follows no links, the root included. Throws std::system_error if the root is missing.
Snapshot take_snapshot(const std::filesystem::path& root, const SnapshotOptions& options = {});

// Empty if they are equal, else a line per difference: 'bin/tool': mode 0755 became 0700.
std::string difference(const Snapshot& before, const Snapshot& after);

}  // namespace rehome::support
