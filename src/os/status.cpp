#include "os/status.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <limits>

namespace rehome::os {

namespace {

constexpr unsigned wanted = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;

FileType type_of(unsigned mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return FileType::file;
        case S_IFDIR: return FileType::directory;
        case S_IFLNK: return FileType::symlink;
        default: return FileType::other;
    }
}

// What lies beyond is told as the first or last time that there is.
std::int64_t nanoseconds_of(const struct statx_timestamp& time) {
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
    if (time.tv_sec >= last || time.tv_sec <= -last) {
        return time.tv_sec > 0 ? latest_time : earliest_time;
    }
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

FileInfo info_of(const struct statx& status) {
    constexpr unsigned fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
    return {
        .type = type_of(status.stx_mode),
        .mode = status.stx_mode & 07777U,
        .user = status.stx_uid,
        .group = status.stx_gid,
        .size = status.stx_size,
        .disk_bytes = status.stx_blocks * 512,
        .mtime = nanoseconds_of(status.stx_mtime),
        .ctime = nanoseconds_of(status.stx_ctime),
        .birth = (status.stx_mask & STATX_BTIME) != 0 ? nanoseconds_of(status.stx_btime) : 0,
        .device = makedev(status.stx_dev_major, status.stx_dev_minor),
        .inode = status.stx_ino,
        .links = status.stx_nlink,
        .mount_id = status.stx_mnt_id,
        .immutable = (status.stx_attributes & fixed) != 0,
        .mount_root = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
    };
}

}  // namespace

int status_at(int directory, const char* name, int flags, FileInfo& info) {
    struct statx status {};

    if (::statx(directory, name, flags | AT_NO_AUTOMOUNT, wanted, &status) != 0) {
        return errno;
    }
    info = info_of(status);
    return 0;
}

int status_of(int descriptor, FileInfo& info) {
    return status_at(descriptor, "", AT_EMPTY_PATH, info);
}

}  // namespace rehome::os
