#include "support/temp_dir.hpp"

#include "base/utf8.hpp"

#include <fmt/core.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

namespace rehome::support {
namespace {

std::filesystem::path usual_parent() {
    const char* base = std::getenv("TMPDIR");
    return base != nullptr && *base != '\0' ? base : "/tmp";
}

std::string new_directory(const std::filesystem::path& parent) {
    std::string name = (std::filesystem::canonical(parent) / "rehome-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    }
    return name;
}

bool is_mount_root(int directory, const std::string& name) {
    struct statx info = {};
    return ::statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) == 0 &&
           (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// An immutable or append-only entry can be neither changed nor removed.
void clear_flags(int descriptor) {
    int flags = 0;
    if (::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) == 0 &&
        (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
        flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
        ::ioctl(descriptor, FS_IOC_SETFLAGS, &flags);
    }
}

int open_directory(int parent, const std::string& name) {
    constexpr int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int opened = ::openat(parent, name.c_str(), how);
    if (opened < 0 && errno == EACCES) {
        ::fchmodat(parent, name.c_str(), S_IRWXU, 0);
        opened = ::openat(parent, name.c_str(), how);
    }
    return opened;
}

std::vector<std::string> names_in(int directory) {
    std::vector<std::string> names;
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) {
        return names;
    }
    while (const dirent* entry = ::readdir(stream)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    ::closedir(stream);
    return names;
}

void remove_file(int parent, const std::string& name) {
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno != EPERM) {
        return;
    }
    constexpr int how = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int opened = ::openat(parent, name.c_str(), how);
    if (opened >= 0) {
        clear_flags(opened);
        ::close(opened);
        ::unlinkat(parent, name.c_str(), 0);
    }
}

void remove_tree(int parent, const std::string& name) {
    if (is_mount_root(parent, name)) {
        return;
    }
    const int directory = open_directory(parent, name);
    if (directory < 0) {
        remove_file(parent, name);
        return;
    }
    clear_flags(directory);
    ::fchmod(directory, S_IRWXU);
    for (const std::string& child : names_in(directory)) {
        remove_tree(directory, child);
    }
    ::close(directory);
    ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

}  // namespace

TempDir::TempDir() : TempDir(usual_parent()) {}

TempDir::TempDir(const std::filesystem::path& parent) : path_(new_directory(parent)) {}

TempDir::~TempDir() {
    remove_tree(AT_FDCWD, path_.string());
    if (::access(path_.c_str(), F_OK) == 0) {
        fmt::print(stderr, "could not remove all of {}\n", base::in_quotes(path_.string()));
    }
}

}  // namespace rehome::support
