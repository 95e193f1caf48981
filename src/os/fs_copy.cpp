// The calls of Fs and ReadFs that take a file or directory with all of its attributes.
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "os/attributes.hpp"
#include "os/errno.hpp"
#include "os/fs.hpp"
#include "os/status.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace rehome::os {

namespace {

constexpr std::uint32_t private_file = 0600;
constexpr std::uint32_t private_directory = 0700;
constexpr std::uint64_t written_early = std::uint64_t{1} << 20U;  // bytes of a file

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    [[nodiscard]] int number() const { return number_; }

    // For files that were written: some filesystems tell of a failed write only now.
    int close_now() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

private:
    int number_;
};

// A regular file for reading; -1 and errno where it is missing or something else by now.
int open_file(const Location& at) {
    return ::openat(at.directory.descriptor(),
                    at.name.c_str(),
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool is_gone(int code) {
    return code == ENOENT || code == ELOOP || code == ENXIO || code == ENOTDIR;
}

std::array<timespec, 2> times_of(const FileInfo& info, const Location& at) {
    if (info.mtime == earliest_time || info.mtime == latest_time) {
        throw base::Error(base::Kind::io,
                          fmt::format("could not keep the time of {}: it is before 1677 or after "
                                      "2262",
                                      base::in_quotes(at.path().native())),
                          "give it another with `touch`, then run the command again");
    }
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t rest = ((info.mtime % second) + second) % second;
    return {{{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
             {.tv_sec = (info.mtime - rest) / second, .tv_nsec = rest}}};
}

bool is_steady(const FileInfo& before, const FileInfo& after) {
    return before.size == after.size && before.mtime == after.mtime && before.ctime == after.ctime;
}

// Owner, attributes, mode, time, in this order: a new owner takes set-id bits and capabilities off,
// an ACL changes the mode, and everything changes the time.
void give(int to, const FileInfo& info, const Attributes& attributes, const Location& at) {
    FileInfo now;
    if (const int code = status_of(to, now); code != 0) {
        throw_errno(code, "look at", at.path());
    }
    if ((now.user != info.user || now.group != info.group) &&
        ::fchown(to, info.user, info.group) != 0) {
        throw_errno(errno, "keep the owner of", at.path());
    }
    set_attributes(to, attributes, at);
    if ((info.mode != now.mode || !attributes.empty()) && ::fchmod(to, info.mode) != 0) {
        throw_errno(errno, "set the mode of", at.path());
    }
    if (::futimens(to, times_of(info, at).data()) != 0) {
        throw_errno(errno, "set the time of", at.path());
    }
}

void fill(const OpenFiles& files, CopyBuffer& buffer, FileCopy& copy) {
    const ContentCopy content = copy_content(files, copy.info, buffer);
    FileInfo after;
    if (const int code = status_of(files.from, after); code != 0) {
        throw_errno(code, "look at", files.from_at.path());
    }
    copy.content = content.digest;
    if (content.bytes != copy.info.size || !is_steady(copy.info, after)) {
        copy.result = FileCopy::Result::unsteady;
    }
}

// Nothing if it is missing or no link by now.
std::optional<std::string> text_of_link(const Location& at) {
    try {
        return ReadFs().read_link(at);
    } catch (const base::Error& error) {
        if (is_gone(error.code()) || error.code() == EINVAL) {
            return std::nullopt;
        }
        throw;
    }
}

}  // namespace

Made Fs::make_private_directory(const Location& at) {
    if (::mkdirat(at.directory.descriptor(), at.name.c_str(), private_directory) != 0) {
        const int code = errno;
        if (code == EEXIST) {
            return Made::exists;
        }
        throw_errno(code, "make the directory", at.path());
    }
    const Descriptor made(::openat(at.directory.descriptor(),
                                   at.name.c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (made.number() < 0) {
        throw_errno(errno, "open the directory", at.path());
    }
    remove_inherited_acls(made.number());
    if (::fchmod(made.number(), private_directory) != 0) {
        throw_errno(errno, "set the mode of", at.path());
    }
    return Made::done;
}

FileCopy Fs::copy_file(const Location& from, const Location& to, CopyBuffer& buffer) {
    FileCopy copy;
    const Descriptor source(open_file(from));
    if (source.number() < 0) {
        const int code = errno;
        if (is_gone(code)) {
            copy.result = FileCopy::Result::vanished;
            return copy;
        }
        throw_errno(code, "read", from.path());
    }
    if (const int code = status_of(source.number(), copy.info); code != 0) {
        throw_errno(code, "look at", from.path());
    }
    if (copy.info.type != FileType::file) {
        copy.result = FileCopy::Result::vanished;
        return copy;
    }
    Descriptor target(::openat(to.directory.descriptor(),
                               to.name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               private_file));
    if (target.number() < 0) {
        const int code = errno;
        if (code == EEXIST) {
            copy.result = FileCopy::Result::name_taken;
            return copy;
        }
        throw_errno(code, "create", to.path());
    }
    try {
        fill({from, to, source.number(), target.number()}, buffer, copy);
        const Attributes attributes = attributes_of(source.number(), from);
        copy.attributes = checksum(attributes);
        if (buffer.may_inherit) {
            remove_inherited_acls(target.number());
        }
        give(target.number(), copy.info, attributes, to);
        if (copy.info.disk_bytes >= written_early) {
            // The disk is busy while the processor copies the next ones; a failure shows at the
            // sync.
            ::sync_file_range(target.number(), 0, 0, SYNC_FILE_RANGE_WRITE);
        }
        if (const int code = target.close_now(); code != 0) {
            throw_errno(code, "write to", to.path());
        }
    } catch (...) {
        ::unlinkat(to.directory.descriptor(), to.name.c_str(), 0);
        throw;
    }
    return copy;
}

FileCopy Fs::copy_link(const Location& from, const Location& to) {
    FileCopy copy;
    const std::optional<FileInfo> info = look(from);
    if (!info || info->type != FileType::symlink) {
        copy.result = FileCopy::Result::vanished;
        return copy;
    }
    copy.info = *info;
    const std::optional<std::string> text = text_of_link(from);
    if (!text) {
        copy.result = FileCopy::Result::vanished;
        return copy;
    }
    copy.content = base::digest_of(*text);
    if (::symlinkat(text->c_str(), to.directory.descriptor(), to.name.c_str()) != 0) {
        const int code = errno;
        if (code == EEXIST) {
            copy.result = FileCopy::Result::name_taken;
            return copy;
        }
        throw_errno(code, "make the link", to.path());
    }
    try {
        const std::optional<FileInfo> made = look(to);
        if (made && (made->user != info->user || made->group != info->group) &&
            ::fchownat(to.directory.descriptor(),
                       to.name.c_str(),
                       info->user,
                       info->group,
                       AT_SYMLINK_NOFOLLOW) != 0) {
            throw_errno(errno, "keep the owner of", to.path());
        }
        const Attributes attributes = attributes_of_name(from);
        copy.attributes = checksum(attributes);
        set_attributes_of_link(to, attributes);
        if (::utimensat(to.directory.descriptor(),
                        to.name.c_str(),
                        times_of(*info, to).data(),
                        AT_SYMLINK_NOFOLLOW) != 0) {
            throw_errno(errno, "set the time of", to.path());
        }
    } catch (...) {
        ::unlinkat(to.directory.descriptor(), to.name.c_str(), 0);
        throw;
    }
    return copy;
}

FileCopy Fs::copy_attributes(const Directory& from, const Directory& to) {
    FileCopy copy;
    copy.info = look(from);
    const Attributes attributes = attributes_of(from.descriptor(), {from, "."});
    copy.attributes = checksum(attributes);
    remove_other_attributes(to.descriptor(), attributes, {to, "."});
    give(to.descriptor(), copy.info, attributes, {to, "."});
    return copy;
}

FileCopy ReadFs::examine(const Location& at, CopyBuffer& buffer, Cache cache) const {
    FileCopy copy;
    const std::optional<FileInfo> info = look(at);
    if (!info || (info->type != FileType::file && info->type != FileType::symlink)) {
        copy.result = FileCopy::Result::vanished;
        return copy;
    }
    copy.info = *info;
    if (info->type == FileType::symlink) {
        const std::optional<std::string> text = text_of_link(at);
        if (!text) {
            copy.result = FileCopy::Result::vanished;
            return copy;
        }
        copy.content = base::digest_of(*text);
        copy.attributes = checksum(attributes_of_name(at));
        return copy;
    }
    const Descriptor file(open_file(at));
    if (file.number() < 0) {
        const int code = errno;
        if (is_gone(code)) {
            copy.result = FileCopy::Result::vanished;
            return copy;
        }
        throw_errno(code, "read", at.path());
    }
    if (cache == Cache::dropped) {
        ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
    }
    const Location nowhere = at;
    fill({at, nowhere, file.number(), -1}, buffer, copy);
    copy.attributes = checksum(attributes_of(file.number(), at));
    return copy;
}

std::uint64_t ReadFs::attributes_checksum(const Location& at) const {
    return checksum(attributes_of_name(at));
}

std::uint64_t ReadFs::attributes_checksum(const Directory& directory) const {
    return checksum(attributes_of(directory.descriptor(), {directory, "."}));
}

}  // namespace rehome::os
