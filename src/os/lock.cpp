#include "os/lock.hpp"

#include "os/errno.hpp"
#include "os/read_fs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>
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

std::vector<int> lock_holders(const FileInfo& file) {
    const std::string id = fmt::format(
        "{:02x}:{:02x}:{}", gnu_dev_major(file.device), gnu_dev_minor(file.device), file.inode);
    std::vector<int> holders;
    std::istringstream lines(ReadFs().read("/proc/locks").value_or(""));
    for (std::string line; std::getline(lines, line);) {
        // "1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"; waiting ones have "->" after the
        // number.
        std::istringstream fields(line);
        std::string number;
        std::string type;
        std::string kind;
        std::string access;
        int pid = 0;
        std::string where;
        fields >> number >> type >> kind >> access >> pid >> where;
        if (where == id && pid > 0) {
            holders.push_back(pid);
        }
    }
    return holders;
}

}  // namespace rehome::os
