#pragma once

#include "os/read_fs.hpp"
#include "tree/manifest.hpp"
#include "tree/progress.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rehome::tree {

// By what a tree is compared with the manifest.
enum class Look {
    untouched,  // an original: nothing has happened to any inode since it was copied
    metadata,   // a copy: every attribute, and no content
    content,    // a copy: every attribute and every byte
};

struct Difference {
    enum class What { changed, extra, missing };

    What what = What::changed;
    std::string path;                         // below the root; "" is the root itself
    os::FileType type = os::FileType::other;  // of what is there; of what is missing, as it was
    bool is_replaced = false;                 // changed: it was of another type
};

struct CompareOptions {
    unsigned workers = 1;
    os::Cache cache = os::Cache::used;
    std::vector<std::string> drops = {};  // paths that are not compared; "." is all that is in it
    Progress* progress = nullptr;
    // Called for each difference, from one thread at a time.
    std::function<void(const Difference&)> found = {};
};

struct Differences {
    std::uint64_t count = 0;
    std::vector<std::string> some;  // the paths of the first few

    [[nodiscard]] bool none() const { return count == 0; }
};

// Compares what is at a place with the manifest: every name of both. Of the root of an original,
// what a rename changes does not count (ctime, and a directory's mtime). What vanishes meanwhile is
// a difference. Throws Error(io) where it may not read.
Differences compare(const os::ReadFs& fs, const os::Location& at, const Manifest& manifest,
                    Look look, const CompareOptions& options);

// Whether nothing has happened to the original of the entry since it was copied.
bool is_untouched(const ManifestEntry& entry, const os::FileInfo& info);

}  // namespace rehome::tree
