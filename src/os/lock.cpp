#include "os/lock.hpp"

#include "os/errno.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rehome::os {

FileLock::FileLock(int descriptor) : descriptor_(descriptor) {}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::optional<FileLock> FileLock::take(int descriptor, const std::filesystem::path& path) {
    FileLock lock(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        if (code == EWOULDBLOCK) {
            return std::nullopt;
        }
        if (code != EINTR) {
            throw_errno(code, "lock", path);
        }
    }
    return lock;
}

std::optional<FileLock> FileLock::try_lock(const Directory& directory) {
    const int descriptor =
        ::openat(directory.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        throw_errno(errno, "open the directory", directory.path());
    }
    return take(descriptor, directory.path());
}

std::optional<FileLock> FileLock::try_lock(const Location& file) {
    const int descriptor = ::openat(
        file.directory.descriptor(), file.name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        throw_errno(errno, "open the lock file", file.path());
    }
    return take(descriptor, file.path());
}

std::optional<FileLock> FileLock::try_lock_existing(const Location& file) {
    // For writing where we may: NFS refuses an exclusive lock on a file that is open for reading.
    int descriptor = -1;
    for (const int access : {O_RDWR, O_RDONLY}) {
        descriptor = ::openat(file.directory.descriptor(), file.name.c_str(), access | O_CLOEXEC);
        const int code = errno;
        if (descriptor >= 0) {
            break;
        }
        if (access == O_RDONLY || (code != EACCES && code != EROFS && code != EPERM)) {
            throw_errno(code, "open the file to lock", file.path());
        }
    }
    return take(descriptor, file.path());
}

}  // namespace rehome::os
