#include "support/sample_home.hpp"

#include "base/utf8.hpp"
#include "support/acl.hpp"
#include "support/sample_list.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

void check(bool done, std::string_view verb, const fs::path& path) {
    if (!done) {
        const int code = errno;
        throw std::system_error(code,
                                std::generic_category(),
                                fmt::format("{} {}", verb, base::in_quotes(path.string())));
    }
}

void write_all(int file, std::string_view bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        check(count >= 0 || errno == EINTR, "write", path);
        bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
}

// The text, or its own path again and again where only a size is given.
std::string content_of(const SampleEntry& entry) {
    std::string bytes = entry.text;
    while (entry.type == SampleType::file && bytes.size() < entry.size) {
        bytes += entry.path + "\n";
    }
    if (entry.type == SampleType::file && entry.size > 0) {
        bytes.resize(entry.size);
    }
    return bytes;
}

void make_file(const SampleEntry& entry, const fs::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(file >= 0, "create", path);
    write_all(file, content_of(entry), path);
    if (entry.type == SampleType::sparse_file) {
        check(::ftruncate(file, static_cast<off_t>(entry.size)) == 0, "extend", path);
    }
    ::close(file);
}

// The thing alone, so that it can still be filled: attributes come when all is there.
void make(const SampleEntry& entry, const fs::path& home) {
    const fs::path path = home / entry.path;
    switch (entry.type) {
        case SampleType::file:
        case SampleType::sparse_file: make_file(entry, path); break;
        case SampleType::directory:
            check(::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST, "create", path);
            break;
        case SampleType::symlink:
            check(::symlink(entry.to.c_str(), path.c_str()) == 0, "link", path);
            break;
        case SampleType::hard_link:
            check(::link((home / entry.to).c_str(), path.c_str()) == 0, "link", path);
            break;
        case SampleType::fifo: check(::mkfifo(path.c_str(), 0600) == 0, "create", path); break;
    }
}

void set_attribute(const fs::path& path, const std::string& name, const std::string& value) {
    const bool done = ::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0;
    if (!done && errno == ENOTSUP) {
        fmt::print(
            stderr, "note: no {} here, left out at {}\n", name, base::in_quotes(path.string()));
        return;
    }
    check(done, "set " + name + " of", path);
}

void set_mtime(const fs::path& path, std::int64_t nanoseconds) {
    const auto moment = std::chrono::nanoseconds(nanoseconds);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
    const timespec time{.tv_sec = seconds.count(), .tv_nsec = (moment - seconds).count()};
    const std::array<timespec, 2> times = {time, time};
    check(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0,
          "set the time of",
          path);
}

// In an order that works: a new owner takes set-id bits away, a mode may forbid to set xattrs, an
// ACL changes the group's bits.
void dress(const SampleEntry& entry, const fs::path& home) {
    const fs::path path = home / entry.path;
    if (entry.type == SampleType::hard_link) {
        return;
    }
    if (::geteuid() == 0 && (entry.user || entry.group)) {
        constexpr auto unchanged = static_cast<std::uint32_t>(-1);
        check(::lchown(path.c_str(),
                       entry.user.value_or(unchanged),
                       entry.group.value_or(unchanged)) == 0,
              "set the owner of",
              path);
    }
    for (const auto& [name, value] : entry.extended) {
        set_attribute(path, name, value);
    }
    if (entry.type != SampleType::symlink) {
        check(::chmod(path.c_str(), entry.mode) == 0, "set the mode of", path);
    }
    if (!entry.acl.empty()) {
        set_attribute(path, "system.posix_acl_access", encode_acl(entry.mode, entry.acl));
    }
    if (!entry.default_acl.empty()) {
        set_attribute(path, "system.posix_acl_default", encode_acl(entry.mode, entry.default_acl));
    }
    set_mtime(path, entry.mtime);
}

// Makes the directories above the entry that are missing, and adds them to the list.
void make_parents(const std::string& path, const fs::path& home, std::int64_t mtime,
                  std::vector<SampleEntry>& made) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
        const std::string parent = path.substr(0, at);
        const bool is_new = ::mkdir((home / parent).c_str(), 0700) == 0;
        check(is_new || errno == EEXIST, "create", home / parent);
        if (is_new) {
            made.push_back(
                {.path = parent, .type = SampleType::directory, .mode = 0755, .mtime = mtime});
        }
    }
}

constexpr std::uint64_t files_of_a_crate = 30;

void make_small_file(int directory, std::uint64_t number, const fs::path& crate) {
    const std::string name = fmt::format("file_{:02}.rs", number);
    const int file = ::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    check(file >= 0, "create", crate / name);
    write_all(file, fmt::format("pub const NUMBER: u32 = {};\n", number), crate / name);
    ::close(file);
}

}  // namespace

void make_sample_home(const fs::path& toml_file, const fs::path& home) {
    fs::create_directories(home);
    const SampleList list = read_sample_list(toml_file, fs::canonical(home));
    std::vector<SampleEntry> to_dress;
    for (const SampleEntry& entry : list.entries) {
        make_parents(entry.path, home, list.mtime, to_dress);
        make(entry, home);
        to_dress.push_back(entry);
    }
    // Children first: afterwards a directory may be closed to us.
    std::ranges::stable_sort(to_dress, std::ranges::greater(), &SampleEntry::path);
    for (const SampleEntry& entry : to_dress) {
        dress(entry, home);
    }
}

void add_small_files(const fs::path& home, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    const fs::path sources = home / ".cargo/registry/src/registry.example-5d0c3a7be9f81246";
    fs::create_directories(sources);
    const int parent = ::open(sources.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(parent >= 0, "open", sources);
    for (std::uint64_t first = 0; first < count; first += files_of_a_crate) {
        const std::string crate = fmt::format("small-{:06}-1.0.0", first / files_of_a_crate);
        check(::mkdirat(parent, crate.c_str(), 0755) == 0 || errno == EEXIST,
              "create",
              sources / crate);
        const int directory = ::openat(parent, crate.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        check(directory >= 0, "open", sources / crate);
        for (std::uint64_t i = 0; i < std::min(files_of_a_crate, count - first); ++i) {
            make_small_file(directory, i, sources / crate);
        }
        ::close(directory);
    }
    ::close(parent);
}

}  // namespace rehome::support
