#include "os/read_fs.hpp"

#include "base/error.hpp"
#include "os/errno.hpp"
#include "os/status.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

namespace rehome::os {

namespace {

FileType entry_type_of(unsigned char type) {
    switch (type) {
        case DT_REG: return FileType::file;
        case DT_DIR: return FileType::directory;
        case DT_LNK: return FileType::symlink;
        default: return FileType::other;
    }
}

bool is_missing(int code) {
    return code == ENOENT || code == ENOTDIR;
}

// Nothing if it is missing; `where` makes the path that a message names.
template <class Where>
std::optional<FileInfo> look_at(int directory, const char* name, int flags, Where where) {
    FileInfo info;
    const int code = status_at(directory, name, flags, info);
    if (code == 0) {
        return info;
    }
    const bool loops = code == ELOOP && (flags & AT_SYMLINK_NOFOLLOW) == 0;
    if (is_missing(code) || loops) {
        return std::nullopt;
    }
    throw_errno(code, "look at", where());
}

using DirStream = std::unique_ptr<DIR, decltype([](DIR* stream) { ::closedir(stream); })>;

// Calls `visit` with each entry until it answers false. A stream of its own, so that two readers of
// one Directory do not share a position.
template <class Visit>
void for_each_entry(const Directory& directory, Visit visit) {
    const int copy = ::openat(directory.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) {
        throw_errno(errno, "read the directory", directory.path());
    }
    const DirStream stream(::fdopendir(copy));
    if (stream == nullptr) {  // the process behind a directory of /proc has ended
        const int code = errno;
        ::close(copy);
        throw_errno(code, "read the directory", directory.path());
    }
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) {
            if (const int code = errno; code != 0) {
                throw_errno(code, "read the directory", directory.path());
            }
            return;
        }
        const std::string_view name = entry->d_name;
        if (name != "." && name != ".." && !visit(*entry)) {
            return;
        }
    }
}

// XFS_IOC_FSGEOMETRY_V1, which every xfs answers, as far as it is of use here.
struct XfsGeometry {
    std::array<std::uint64_t, 8> sizes;
    std::array<std::uint64_t, 2> uuid;
    std::array<std::uint64_t, 4> more_sizes;
};

std::optional<std::uint64_t> xfs_uuid(int descriptor) {
    constexpr unsigned long ask_geometry = _IOR('X', 100, XfsGeometry);
    static_assert(sizeof(XfsGeometry) == 112, "the size is a part of the number");
    XfsGeometry geometry{};
    if (::ioctl(descriptor, ask_geometry, &geometry) != 0) {
        return std::nullopt;
    }
    return geometry.uuid[0] ^ geometry.uuid[1];
}

}  // namespace

Directory ReadFs::open(const std::filesystem::path& path) const {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        throw_errno(errno, "open the directory", path);
    }
    return {descriptor, path};
}

std::optional<Directory> ReadFs::open_if_there(const std::filesystem::path& path) const {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        return Directory(descriptor, path);
    }
    const int code = errno;
    if (is_missing(code) || code == ELOOP) {
        return std::nullopt;
    }
    throw_errno(code, "open the directory", path);
}

std::optional<Directory> ReadFs::open_inside(const Directory& directory,
                                             const std::string& name) const {
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const long descriptor =
        ::syscall(SYS_openat2, directory.descriptor(), name.c_str(), &how, sizeof how);
    if (descriptor >= 0) {
        return Directory(static_cast<int>(descriptor), directory, name);
    }
    const int code = errno;
    if (code == ENOENT) {
        return std::nullopt;
    }
    throw_errno(code, "open the directory", directory / name);
}

std::optional<FileInfo> ReadFs::look(const Directory& directory, const std::string& name) const {
    return look_at(directory.descriptor(), name.c_str(), AT_SYMLINK_NOFOLLOW, [&] {
        return directory / name;
    });
}

std::optional<FileInfo> ReadFs::look(const Location& at) const {
    return look_at(
        at.directory.descriptor(), at.name.c_str(), AT_SYMLINK_NOFOLLOW, [&] { return at.path(); });
}

std::optional<FileInfo> ReadFs::look(const std::filesystem::path& path) const {
    return look_at(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, [&] { return path; });
}

std::optional<FileInfo> ReadFs::look_through(const std::filesystem::path& path) const {
    return look_at(AT_FDCWD, path.c_str(), 0, [&] { return path; });
}

FileInfo ReadFs::look(const Directory& directory) const {
    std::optional<FileInfo> info =
        look_at(directory.descriptor(), "", AT_EMPTY_PATH, [&] { return directory.path(); });
    base::require(info.has_value(), "an open directory has a status");
    return *info;
}

std::string ReadFs::read_link(const Location& at) const {
    std::string text(256, '\0');
    for (;;) {
        const ssize_t length =
            ::readlinkat(at.directory.descriptor(), at.name.c_str(), text.data(), text.size());
        if (length < 0) {
            throw_errno(errno, "read the link", at.path());
        }
        if (static_cast<std::size_t>(length) < text.size()) {
            text.resize(static_cast<std::size_t>(length));
            return text;
        }
        text.resize(text.size() * 2);
    }
}

std::vector<Entry> ReadFs::list(const Directory& directory) const {
    std::vector<Entry> entries;
    for_each_entry(directory, [&](const dirent& entry) {
        entries.push_back({entry.d_name, entry_type_of(entry.d_type)});
        return true;
    });
    std::ranges::sort(entries);
    return entries;
}

bool ReadFs::is_empty(const Directory& directory) const {
    bool empty = true;
    for_each_entry(directory, [&](const dirent&) { return empty = false; });
    return empty;
}

std::optional<std::string> ReadFs::read(const std::filesystem::path& path) const {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        const int code = errno;
        if (is_missing(code) || code == ELOOP) {
            return std::nullopt;
        }
        throw_errno(code, "open", path);
    }
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        const int code = errno;
        if (got < 0 && code == EINTR) {
            continue;
        }
        if (got <= 0) {
            ::close(descriptor);
            if (got < 0) {
                throw_errno(code, "read", path);
            }
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::filesystem::path ReadFs::real_path(const std::filesystem::path& path) const {
    const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> resolved(
        ::realpath(path.c_str(), nullptr));
    if (resolved == nullptr) {
        throw_errno(errno, "resolve", path);
    }
    return resolved.get();
}

std::filesystem::path ReadFs::real_path(const Directory& directory) const {
    const std::filesystem::path link = fmt::format("/proc/self/fd/{}", directory.descriptor());
    std::array<char, 8192> text{};
    const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
    if (length < 0) {
        return real_path(directory.path());
    }
    return std::string(text.data(), static_cast<std::size_t>(length));
}

bool ReadFs::may_write(const std::filesystem::path& directory) const {
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

bool ReadFs::may_read(const std::filesystem::path& directory) const {
    return ::faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

Capacity ReadFs::capacity(const std::filesystem::path& path) const {
    struct statvfs status {};

    if (::statvfs(path.c_str(), &status) != 0) {
        throw_errno(errno, "ask for the free space of", path);
    }
    Capacity capacity{.free_bytes = status.f_bavail * status.f_frsize,
                      .free_inodes = std::nullopt,
                      .block = status.f_frsize,
                      .longest_name = status.f_namemax};
    // btrfs and others report 0 of 0: they make inodes as they need them.
    if (status.f_files != 0) {
        capacity.free_inodes = status.f_favail;
    }
    return capacity;
}

bool ReadFs::folds_case(const std::filesystem::path& directory) const {
    const std::optional<Directory> opened = open_if_there(directory);
    long flags = 0;
    return opened && ::ioctl(opened->descriptor(), FS_IOC_GETFLAGS, &flags) == 0 &&
           (flags & FS_CASEFOLD_FL) != 0;
}

bool ReadFs::is_btrfs(const Directory& directory) const {
    struct statfs status {};

    if (::fstatfs(directory.descriptor(), &status) != 0) {
        throw_errno(errno, "ask for the filesystem of", directory.path());
    }
    return status.f_type == BTRFS_SUPER_MAGIC;
}

FilesystemId ReadFs::filesystem_of(const Directory& directory) const {
    struct statfs status {};

    if (::fstatfs(directory.descriptor(), &status) != 0) {
        throw_errno(errno, "ask for the filesystem of", directory.path());
    }
    FilesystemId id{.type = static_cast<std::uint64_t>(status.f_type)};
    static_assert(sizeof status.f_fsid == sizeof id.id);
    std::memcpy(&id.id, &status.f_fsid, sizeof id.id);
    if (id.type == XFS_SUPER_MAGIC) {
        id.id = xfs_uuid(directory.descriptor()).value_or(id.id);
    }
    return id;
}

bool ReadFs::syncs_at_once(const Directory& directory) const {
    constexpr std::array<std::uint64_t, 6> known{EXT4_SUPER_MAGIC,
                                                 XFS_SUPER_MAGIC,
                                                 BTRFS_SUPER_MAGIC,
                                                 F2FS_SUPER_MAGIC,
                                                 TMPFS_MAGIC,
                                                 OVERLAYFS_SUPER_MAGIC};
    return std::ranges::find(known, filesystem_of(directory).type) != known.end();
}

std::vector<Mount> ReadFs::mounts() const {
    const std::optional<std::string> text = read("/proc/self/mountinfo");
    return text ? parse_mounts(*text) : std::vector<Mount>();
}

}  // namespace rehome::os
