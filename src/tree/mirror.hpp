#pragma once

#include "os/fs.hpp"
#include "tree/clearing.hpp"
#include "tree/manifest.hpp"
#include "tree/progress.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::tree {

// How the names begin under which files are copied into a tree that is in use. Nobody else's.
constexpr std::string_view copy_staging = ".rehome-copy-";

struct MirrorOptions {
    unsigned workers = 1;
    std::vector<std::string> drops = {};  // paths that are left out; "." is all that is in it
    // Of this run: the destination was made by it from this same source, so what is untouched since
    // need not be read again. Without it, what the destination has counts by its content alone.
    const Manifest* before = nullptr;
    // For a destination that is an original: what it has and the manifest does not know was written
    // late, and is kept instead of removed.
    const Keep* keep = nullptr;
    Progress* progress = nullptr;
};

struct Mirrored {
    ManifestTotals totals;
    std::uint64_t changes = 0;   // names that had to be made, replaced or removed
    std::uint64_t unsteady = 0;  // files that went on changing while they were copied
};

// Makes the destination a copy of the source, equal in content, type, mode, owner, mtime, extended
// attributes, link text, hard links and holes, and writes the manifest of what was read. The
// destination may be missing, or hold an earlier state or the rest of a killed copy. Nobody but the
// owner can read it before it is complete. A file that changes while it is read is copied again, up
// to three times. Links are never followed, mounts never entered. Not synced. Throws
//   Error(io)           naming what cannot be copied (a socket, a pipe, a device), read or written
//   Error(interrupted)  and what was copied by then is there
Mirrored mirror(os::Fs& fs, const os::Location& source, const os::Location& destination,
                ManifestWriter& manifest, const MirrorOptions& options);

}  // namespace rehome::tree
