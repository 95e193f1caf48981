#include "support/snapshot.hpp"

#include "base/utf8.hpp"
#include "support/acl.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace rehome::support {
namespace {

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error(errno, std::generic_category(), base::in_quotes(path));
}

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

private:
    int number_;
};

std::string type_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return "file";
        case S_IFDIR: return "directory";
        case S_IFLNK: return "symlink";
        case S_IFIFO: return "fifo";
        case S_IFSOCK: return "socket";
        case S_IFBLK: return "block device";
        case S_IFCHR: return "character device";
        default: return "unknown";
    }
}

// There is no xattr call relative to a directory: its descriptor's name in /proc serves.
std::map<std::string, std::string> extended_attributes(int directory, const std::string& name) {
    const std::string path = fmt::format("/proc/self/fd/{}/{}", directory, name);
    std::array<char, 65536> buffer = {};
    const ssize_t length = ::llistxattr(path.c_str(), buffer.data(), buffer.size());
    if (length < 0 && errno != ENOTSUP) {
        fail(name);
    }
    std::map<std::string, std::string> result;
    const std::string names(buffer.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
    for (std::size_t at = 0; at < names.size(); at += std::string_view(&names[at]).size() + 1) {
        // The ACLs of an xfs once more, which only root is shown.
        if (std::string_view(&names[at]).starts_with("trusted.SGI_ACL_")) {
            continue;
        }
        const ssize_t size = ::lgetxattr(path.c_str(), &names[at], buffer.data(), buffer.size());
        if (size < 0) {
            fail(name);
        }
        result.emplace(&names[at], std::string(buffer.data(), static_cast<std::size_t>(size)));
    }
    return result;
}

std::string link_text(int directory, const std::string& name) {
    std::array<char, 4096> buffer = {};
    const ssize_t length = ::readlinkat(directory, name.c_str(), buffer.data(), buffer.size());
    if (length < 0) {
        fail(name);
    }
    return {buffer.data(), static_cast<std::size_t>(length)};
}

// FNV-1a: each byte changes the sum in a way that can be undone, so no single change is missed.
std::uint64_t hash_of(int file, const std::string& name) {
    std::vector<char> buffer(1 << 18);
    std::uint64_t hash = 0xcbf29ce484222325;
    while (true) {
        const ssize_t count = ::read(file, buffer.data(), buffer.size());
        if (count < 0) {
            fail(name);
        }
        if (count == 0) {
            return hash;
        }
        for (ssize_t i = 0; i < count; ++i) {
            hash ^= static_cast<unsigned char>(buffer[static_cast<std::size_t>(i)]);
            hash *= 0x100000001b3;
        }
    }
}

bool has_holes(const struct stat& info) {
    constexpr std::uint64_t smallest = 64 * 1024;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto on_disk = static_cast<std::uint64_t>(info.st_blocks) * 512;
    return size >= smallest && on_disk < size / 4 * 3;
}

std::vector<std::string> names_in(int directory) {
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) {
        fail(".");
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), &::closedir);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    return names;
}

class Walk {
public:
    explicit Walk(const SnapshotOptions& options) : options_(options) {}

    // `path` is how the snapshot calls the name.
    void visit(int directory, const std::string& name, const std::string& path) {
        struct stat info = {};
        if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
            fail(path);
        }
        SnapshotEntry entry = entry_of(info);
        entry.extended = extended_attributes(directory, name);
        if (S_ISLNK(info.st_mode)) {
            entry.link_text = link_text(directory, name);
        }
        if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
            const Descriptor opened(
                ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            entry.readable = opened.number() >= 0;
            if (!entry.readable && errno != EACCES) {
                fail(path);
            }
            if (entry.readable && S_ISREG(info.st_mode)) {
                entry.content = hash_of(opened.number(), path);
            } else if (entry.readable) {
                visit_all(opened.number(), path);
            }
        }
        if (!S_ISDIR(info.st_mode) && info.st_nlink > 1) {
            same_file_[{info.st_dev, info.st_ino}].push_back(path);
        }
        if (!is_left_out(path)) {
            snapshot_.emplace(path, std::move(entry));
        }
    }

    Snapshot finish() {
        for (auto& [id, names] : same_file_) {
            std::sort(names.begin(), names.end());
            for (const std::string& name : names) {
                if (names.size() > 1 && snapshot_.contains(name)) {
                    snapshot_.at(name).first_name = names.front();
                }
            }
        }
        return std::move(snapshot_);
    }

private:
    SnapshotEntry entry_of(const struct stat& info) const {
        SnapshotEntry entry{.type = type_of(info.st_mode),
                            .mode = info.st_mode & 07777,
                            .user = info.st_uid,
                            .group = info.st_gid};
        if (!S_ISDIR(info.st_mode)) {
            entry.size = static_cast<std::uint64_t>(info.st_size);
        }
        entry.has_holes = S_ISREG(info.st_mode) && has_holes(info);
        entry.mtime = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
        if (S_ISBLK(info.st_mode) || S_ISCHR(info.st_mode)) {
            entry.device = info.st_rdev;
        }
        if (options_.inodes == Inodes::compared) {
            entry.inode = info.st_ino;
        }
        return entry;
    }

    void visit_all(int directory, const std::string& path) {
        for (const std::string& name : names_in(directory)) {
            const std::string child = path == "." ? name : path + "/" + name;
            if (!is_left_out(child)) {
                visit(directory, name, child);
            }
        }
    }

    bool is_left_out(const std::string& path) const {
        return std::find(options_.except.begin(), options_.except.end(), path) !=
               options_.except.end();
    }

    const SnapshotOptions& options_;
    Snapshot snapshot_;
    std::map<std::pair<dev_t, ino_t>, std::vector<std::string>> same_file_;
};

std::string time_text(std::int64_t nanoseconds) {
    const auto moment = std::chrono::nanoseconds(nanoseconds);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
    return fmt::format("{}.{:09}", seconds.count(), (moment - seconds).count());
}

// Everything that is known of an entry, in words.
std::map<std::string, std::string> facts(const SnapshotEntry& entry) {
    const auto yes_or_no = [](bool value) { return value ? "yes" : "no"; };
    std::map<std::string, std::string> result = {
        {"type", entry.type},
        {"mode", fmt::format("{:04o}", entry.mode)},
        {"owner", fmt::to_string(entry.user)},
        {"group", fmt::to_string(entry.group)},
        {"size", fmt::to_string(entry.size)},
        {"content", fmt::format("{:016x}", entry.content)},
        {"readable", yes_or_no(entry.readable)},
        {"holes", yes_or_no(entry.has_holes)},
        {"mtime", time_text(entry.mtime)},
        {"device", fmt::to_string(entry.device)},
        {"inode", fmt::to_string(entry.inode)},
        {"link text", base::in_quotes(entry.link_text)},
        {"hard link to", base::in_quotes(entry.first_name)},
    };
    for (const auto& [name, value] : entry.extended) {
        const bool is_acl = name.starts_with("system.posix_acl_");
        result["xattr " + name] = is_acl ? acl_text(value) : base::in_quotes(value);
    }
    return result;
}

std::string changes(const std::string& path, const SnapshotEntry& before,
                    const SnapshotEntry& after) {
    const auto old_facts = facts(before);
    const auto new_facts = facts(after);
    std::string lines;
    for (const auto& [name, old_value] : old_facts) {
        const auto found = new_facts.find(name);
        const std::string new_value = found == new_facts.end() ? "nothing" : found->second;
        if (new_value != old_value) {
            lines += fmt::format(
                "{}: {} {} became {}\n", base::in_quotes(path), name, old_value, new_value);
        }
    }
    for (const auto& [name, new_value] : new_facts) {
        if (!old_facts.contains(name)) {
            lines +=
                fmt::format("{}: {} nothing became {}\n", base::in_quotes(path), name, new_value);
        }
    }
    return lines;
}

}  // namespace

Snapshot take_snapshot(const std::filesystem::path& root, const SnapshotOptions& options) {
    const std::filesystem::path named = root.has_filename() ? root : root.parent_path();
    const std::filesystem::path parent = named.has_parent_path() ? named.parent_path() : ".";
    const Descriptor directory(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory.number() < 0) {
        fail(parent.string());
    }
    Walk walk(options);
    walk.visit(directory.number(), named.filename().string(), ".");
    return walk.finish();
}

std::string difference(const Snapshot& before, const Snapshot& after) {
    std::string lines;
    for (const auto& [path, entry] : before) {
        const auto found = after.find(path);
        if (found == after.end()) {
            lines += fmt::format("{}: the {} is gone\n", base::in_quotes(path), entry.type);
        } else if (found->second != entry) {
            lines += changes(path, entry, found->second);
        }
    }
    for (const auto& [path, entry] : after) {
        if (!before.contains(path)) {
            lines += fmt::format("{}: a new {}\n", base::in_quotes(path), entry.type);
        }
    }
    return lines;
}

}  // namespace rehome::support
