#pragma once

#include "base/digest.hpp"
#include "os/directory.hpp"
#include "os/file_info.hpp"

#include <cstdint>
#include <memory>

namespace rehome::os {

// What a worker needs to read and copy file after file: one big buffer, and what it has learned.
struct CopyBuffer {
    static constexpr std::size_t size = std::size_t{256} * 1024;  // 16 KiB more gain nothing

    std::unique_ptr<char[]> bytes = std::make_unique<char[]>(size);
    base::ContentHasher hasher;
    bool may_clone = true;     // until FICLONE was refused between these two filesystems
    bool may_inherit = false;  // the directory of the copies is not ours: it may have a default ACL
};

// A file as it was read.
struct FileCopy {
    enum class Result {
        done,
        vanished,   // it is not there, or no regular file any more
        unsteady,   // it changed while it was read: what was copied may be a mixture
        name_taken  // something stands at the new name; nothing was changed
    };

    Result result = Result::done;
    FileInfo info;                 // of the original, from before the reading
    base::Digest content;          // of what was read
    std::uint64_t attributes = 0;  // checksum of its extended attributes
};

// Where a file is read from and written to; without `to` it is only read.
struct OpenFiles {
    const Location& from_at;
    const Location& to_at;
    int from = -1;
    int to = -1;
};

// Copies the content of an open file up to the size that `info` tells, holes as holes. The digest
// is of the bytes that were read; fewer than that size is a result too: the file has shrunk.
struct ContentCopy {
    base::Digest digest;
    std::uint64_t bytes = 0;
};

// Throws Error(io).
ContentCopy copy_content(const OpenFiles& files, const FileInfo& info, CopyBuffer& buffer);

}  // namespace rehome::os
