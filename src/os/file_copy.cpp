// Every byte has to be read for its checksum anyway, so it is written from the buffer that was
// read: copy_file_range(2) or sendfile(2) would read it a second time (and answer EXDEV between
// different filesystem types). Only a clone is cheaper: it shares the blocks.
#include "os/file_copy.hpp"

#include "os/errno.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rehome::os {

namespace {

// Fills the buffer from the offset on, or up to the end of the file.
std::size_t read_piece(const OpenFiles& files, std::uint64_t offset, std::size_t wanted,
                       CopyBuffer& buffer) {
    std::size_t filled = 0;
    while (filled < wanted) {
        const ssize_t got = ::pread(files.from,
                                    buffer.bytes.get() + filled,
                                    wanted - filled,
                                    static_cast<off_t>(offset + filled));
        if (got < 0) {
            const int code = errno;
            if (code == EINTR) {
                continue;
            }
            throw_errno(code, "read", files.from_at.path());
        }
        if (got == 0) {
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

void write_piece(const OpenFiles& files, std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(files.to, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            const int code = errno;
            if (code == EINTR) {
                continue;
            }
            throw_errno(code, "write to", files.to_at.path());
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

// Returns where the reading ended: at `end`, or where the file did.
std::uint64_t copy_range(const OpenFiles& files, std::uint64_t begin, std::uint64_t end,
                         CopyBuffer& buffer) {
    std::uint64_t at = begin;
    while (at < end) {
        const std::size_t wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(CopyBuffer::size, end - at));
        const std::size_t got = read_piece(files, at, wanted, buffer);
        const std::string_view piece(buffer.bytes.get(), got);
        buffer.hasher.add(at, piece);
        if (files.to >= 0) {
            write_piece(files, at, piece);
        }
        at += got;
        if (got < wanted) {
            break;
        }
    }
    return at;
}

// A clone has the content already; the original is still read for its digest.
bool clone(const OpenFiles& files, CopyBuffer& buffer) {
    if (files.to < 0 || !buffer.may_clone) {
        return false;
    }
    buffer.may_clone = ::ioctl(files.to, FICLONE, files.from) == 0;
    return buffer.may_clone;
}

void set_size(const OpenFiles& files, std::uint64_t bytes) {
    if (::ftruncate(files.to, static_cast<off_t>(bytes)) != 0) {
        throw_errno(errno, "set the size of", files.to_at.path());
    }
}

// Data between holes; what is behind the last of it is a hole. False where holes cannot be told.
bool copy_sparse(const OpenFiles& files, const FileInfo& info, CopyBuffer& buffer,
                 std::uint64_t& end) {
    constexpr std::uint64_t block = base::ContentHasher::block;
    std::uint64_t at = 0;
    while (at < info.size) {
        const off_t data = ::lseek(files.from, static_cast<off_t>(at), SEEK_DATA);
        if (data < 0 && errno == ENXIO) {
            break;
        }
        const off_t hole = data < 0 ? -1 : ::lseek(files.from, data, SEEK_HOLE);
        if (hole < 0) {
            const int code = errno;
            if (at == 0) {
                return false;
            }
            throw_errno(code, "find the holes of", files.from_at.path());
        }
        const std::uint64_t begin = static_cast<std::uint64_t>(data) / block * block;
        const std::uint64_t stop =
            std::min(info.size, (static_cast<std::uint64_t>(hole) + block - 1) / block * block);
        if (begin >= stop) {
            break;
        }
        at = copy_range(files, std::max(begin, at), stop, buffer);
        if (at < stop) {
            end = at;
            return true;
        }
    }
    end = info.size;
    return true;
}

}  // namespace

ContentCopy copy_content(const OpenFiles& files, const FileInfo& info, CopyBuffer& buffer) {
    OpenFiles target = files;
    if (clone(files, buffer)) {
        target.to = -1;
    }
    std::uint64_t end = 0;
    const bool may_have_holes = info.disk_bytes < info.size;
    if (!may_have_holes || !copy_sparse(target, info, buffer, end)) {
        end = copy_range(target, 0, info.size, buffer);
    } else if (target.to >= 0) {
        set_size(target, end);
    }
    return {buffer.hasher.finish(), end};
}

}  // namespace rehome::os
