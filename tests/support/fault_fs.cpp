#include "support/fault_fs.hpp"

#include "os/errno.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace rehome::support {

void FaultFs::before(std::string_view call, const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    if (watcher_) {
        watcher_(call, path);
    }
    calls_.push_back(fmt::format("{} {}", call, path.string()));
    const int number = static_cast<int>(calls_.size());
    if (at_ == 0 || number < at_ || (number > at_ && fault_ == Fault::error)) {
        return;
    }
    os::throw_errno(fault_ == Fault::death ? EIO : code_, call, path);
}

os::Made FaultFs::make_directory(const os::Location& at, std::uint32_t mode) {
    before("mkdir", at.path());
    return Fs::make_directory(at, mode);
}

os::Removed FaultFs::remove_directory(const os::Location& at) {
    before("rmdir", at.path());
    return Fs::remove_directory(at);
}

os::Made FaultFs::make_symlink(const os::Location& at, const std::string& text) {
    before("symlink", at.path());
    return Fs::make_symlink(at, text);
}

os::Removed FaultFs::remove_file(const os::Location& at) {
    before("unlink", at.path());
    return Fs::remove_file(at);
}

os::Renamed FaultFs::make_hard_link(const os::Location& from, const os::Location& to) {
    before("link", from.path());
    return Fs::make_hard_link(from, to);
}

os::Renamed FaultFs::exchange(const os::Location& one, const os::Location& other) {
    before("exchange", one.path());
    if (one.name == cross_device_name_) {
        return os::Renamed::cross_device;
    }
    return exchange_refused_ ? os::Renamed::unsupported : Fs::exchange(one, other);
}

os::Renamed FaultFs::rename_new(const os::Location& from, const os::Location& to) {
    before("rename_new", from.path());
    return Fs::rename_new(from, to);
}

void FaultFs::rename_over(const os::Location& from, const os::Location& to) {
    before("rename_over", from.path());
    Fs::rename_over(from, to);
}

void FaultFs::set_mode(const os::Location& at, std::uint32_t mode) {
    before("chmod", at.path());
    Fs::set_mode(at, mode);
}

void FaultFs::set_mtime(const os::Location& at, std::int64_t nanoseconds) {
    before("utimens", at.path());
    Fs::set_mtime(at, nanoseconds);
}

void FaultFs::set_mtime(const os::Directory& directory, std::int64_t nanoseconds) {
    before("futimens", directory.path());
    Fs::set_mtime(directory, nanoseconds);
}

os::Made FaultFs::make_private_directory(const os::Location& at) {
    before("mkdir", at.path());
    return Fs::make_private_directory(at);
}

os::FileCopy FaultFs::copy_file(const os::Location& from, const os::Location& to,
                                os::CopyBuffer& buffer) {
    before("copy", to.path());
    return Fs::copy_file(from, to, buffer);
}

os::FileCopy FaultFs::copy_link(const os::Location& from, const os::Location& to) {
    before("copy_link", to.path());
    return Fs::copy_link(from, to);
}

os::FileCopy FaultFs::copy_attributes(const os::Directory& from, const os::Directory& to) {
    before("copy_attributes", to.path());
    return Fs::copy_attributes(from, to);
}

os::AppendFile FaultFs::open_for_append(const os::Location& at, os::Open how) {
    before("open", at.path());
    return Fs::open_for_append(at, how);
}

void FaultFs::append(os::AppendFile& file, std::string_view text) {
    before("write", file.path());
    Fs::append(file, text);
}

void FaultFs::truncate(os::AppendFile& file, std::uint64_t bytes) {
    before("truncate", file.path());
    Fs::truncate(file, bytes);
}

void FaultFs::reserve(os::AppendFile& file, std::uint64_t bytes) {
    before("fallocate", file.path());
    Fs::reserve(file, bytes);
}

void FaultFs::sync(os::AppendFile& file) {
    before("fsync", file.path());
    if (!syncs_left_out_) {
        Fs::sync(file);
    }
}

void FaultFs::sync_directories(const std::vector<os::Directory>& directories) {
    before("fsync", directories.empty() ? "nothing" : directories.front().path());
    if (!syncs_left_out_) {
        Fs::sync_directories(directories);
    }
}

void FaultFs::sync_file(const os::Location& at) {
    before("fsync", at.path());
    if (!syncs_left_out_) {
        Fs::sync_file(at);
    }
}

void FaultFs::sync_filesystem(const os::Directory& directory) {
    before("syncfs", directory.path());
    if (!syncs_left_out_) {
        Fs::sync_filesystem(directory);
    }
}

}  // namespace rehome::support
