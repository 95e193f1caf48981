#include "os/fs.hpp"

#include "os/errno.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace rehome::os {

namespace {

bool is_unsupported(int code) {
    return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == ENOTSUP;
}

// glibc has renameat2 since 2.28; the system call itself keeps older ones and musl working.
int rename_at(const Location& from, const Location& to, unsigned flags) {
    return static_cast<int>(::syscall(SYS_renameat2,
                                      from.directory.descriptor(),
                                      from.name.c_str(),
                                      to.directory.descriptor(),
                                      to.name.c_str(),
                                      flags));
}

timespec time_of(std::int64_t nanoseconds) {
    constexpr std::int64_t second = 1'000'000'000;
    std::int64_t seconds = nanoseconds / second;
    std::int64_t rest = nanoseconds % second;
    if (rest < 0) {
        seconds -= 1;
        rest += second;
    }
    return {.tv_sec = seconds, .tv_nsec = rest};
}

}  // namespace

Made Fs::make_directory(const Location& at, std::uint32_t mode) {
    if (::mkdirat(at.directory.descriptor(), at.name.c_str(), mode) == 0) {
        return Made::done;
    }
    const int code = errno;
    if (code == EEXIST) {
        return Made::exists;
    }
    throw_errno(code, "make the directory", at.path());
}

Removed Fs::remove_directory(const Location& at) {
    if (::unlinkat(at.directory.descriptor(), at.name.c_str(), AT_REMOVEDIR) == 0) {
        return Removed::done;
    }
    const int code = errno;
    if (code == ENOENT) {
        return Removed::missing;
    }
    if (code == ENOTEMPTY || code == EEXIST) {
        return Removed::not_empty;
    }
    throw_errno(code, "remove the directory", at.path());
}

Made Fs::make_symlink(const Location& at, const std::string& text) {
    if (::symlinkat(text.c_str(), at.directory.descriptor(), at.name.c_str()) == 0) {
        return Made::done;
    }
    const int code = errno;
    if (code == EEXIST) {
        return Made::exists;
    }
    throw_errno(code, "make the link", at.path());
}

Removed Fs::remove_file(const Location& at) {
    if (::unlinkat(at.directory.descriptor(), at.name.c_str(), 0) == 0) {
        return Removed::done;
    }
    const int code = errno;
    if (code == ENOENT) {
        return Removed::missing;
    }
    throw_errno(code, "remove", at.path());
}

Renamed Fs::make_hard_link(const Location& from, const Location& to) {
    if (::linkat(from.directory.descriptor(),
                 from.name.c_str(),
                 to.directory.descriptor(),
                 to.name.c_str(),
                 0) == 0) {
        return Renamed::done;
    }
    const int code = errno;
    switch (code) {
        case EEXIST: return Renamed::exists;
        case ENOENT: return Renamed::missing;
        case EXDEV: return Renamed::cross_device;
        case EPERM: return Renamed::unsupported;
        default: break;
    }
    if (is_unsupported(code)) {
        return Renamed::unsupported;
    }
    throw_errno(code, "link", from.path(), to.path());
}

Renamed Fs::exchange(const Location& one, const Location& other) {
    if (rename_at(one, other, RENAME_EXCHANGE) == 0) {
        return Renamed::done;
    }
    const int code = errno;
    if (code == ENOENT) {
        return Renamed::missing;
    }
    if (code == EXDEV) {
        return Renamed::cross_device;
    }
    if (is_unsupported(code)) {
        return Renamed::unsupported;
    }
    throw_errno(code, "exchange", one.path(), other.path());
}

Renamed Fs::rename_new(const Location& from, const Location& to) {
    int code = rename_at(from, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (is_unsupported(code)) {
        if (look(to)) {
            return Renamed::exists;
        }
        code = rename_at(from, to, 0) == 0 ? 0 : errno;
    }
    switch (code) {
        case 0: return Renamed::done;
        case EEXIST: return Renamed::exists;
        case ENOENT: return Renamed::missing;
        case EXDEV: return Renamed::cross_device;
        default: throw_errno(code, "rename", from.path(), to.path());
    }
}

void Fs::rename_over(const Location& from, const Location& to) {
    if (rename_at(from, to, 0) != 0) {
        throw_errno(errno, "rename", from.path(), to.path());
    }
}

void Fs::set_mode(const Location& at, std::uint32_t mode) {
    if (::fchmodat(at.directory.descriptor(), at.name.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0) {
        throw_errno(errno, "set the mode of", at.path());
    }
}

void Fs::set_mtime(const Location& at, std::int64_t nanoseconds) {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time_of(nanoseconds)};
    if (::utimensat(at.directory.descriptor(), at.name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
        throw_errno(errno, "set the time of", at.path());
    }
}

void Fs::set_mtime(const Directory& directory, std::int64_t nanoseconds) {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time_of(nanoseconds)};
    if (::futimens(directory.descriptor(), times) != 0) {
        throw_errno(errno, "set the time of", directory.path());
    }
}

AppendFile Fs::open_for_append(const Location& at, Open how) {
    const int creation = how == Open::create_new ? O_CREAT | O_EXCL : 0;
    const int descriptor = ::openat(at.directory.descriptor(),
                                    at.name.c_str(),
                                    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | creation,
                                    0600);
    if (descriptor < 0) {
        throw_errno(errno, how == Open::create_new ? "create" : "open", at.path());
    }
    return {descriptor, at.path()};
}

void Fs::append(AppendFile& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.descriptor(), text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            throw_errno(errno, "write to", file.path());
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Fs::truncate(AppendFile& file, std::uint64_t bytes) {
    if (::ftruncate(file.descriptor(), static_cast<off_t>(bytes)) != 0) {
        throw_errno(errno, "cut", file.path());
    }
}

void Fs::reserve(AppendFile& file, std::uint64_t bytes) {
    const int mode = FALLOC_FL_KEEP_SIZE;
    if (::fallocate(file.descriptor(), mode, 0, static_cast<off_t>(bytes)) != 0) {
        const int code = errno;
        if (!is_unsupported(code)) {
            throw_errno(code, "reserve space for", file.path());
        }
    }
}

void Fs::sync(AppendFile& file) {
    if (::fsync(file.descriptor()) != 0) {
        throw_errno(errno, "sync", file.path());
    }
}

void Fs::sync_directories(const std::vector<Directory>& directories) {
    std::vector<int> codes(directories.size(), 0);
    const auto sync_one = [&](std::size_t index) {
        codes[index] = ::fsync(directories[index].descriptor()) == 0 ? 0 : errno;
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t index = 1; index < directories.size(); ++index) {
            others.emplace_back(sync_one, index);
        }
        if (!directories.empty()) {
            sync_one(0);
        }
    }
    for (std::size_t index = 0; index < directories.size(); ++index) {
        if (codes[index] != 0) {
            throw_errno(codes[index], "sync the directory", directories[index].path());
        }
    }
}

void Fs::sync_file(const Location& at) {
    const int descriptor = ::openat(
        at.directory.descriptor(), at.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        throw_errno(errno, "open", at.path());
    }
    const int code = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (code != 0) {
        throw_errno(code, "sync", at.path());
    }
}

void Fs::sync_filesystem(const Directory& directory) {
    if (::syncfs(directory.descriptor()) != 0) {
        throw_errno(errno, "sync the filesystem of", directory.path());
    }
}

}  // namespace rehome::os
