#include "support/copying.hpp"

#include "support/acl.hpp"
#include "support/snapshot.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

namespace rehome::support {

namespace {

void require(bool done, const std::filesystem::path& path) {
    if (!done) {
        throw std::system_error(errno, std::generic_category(), path.string());
    }
}

const char* word_for(tree::Difference::What what) {
    switch (what) {
        case tree::Difference::What::changed: return "changed ";
        case tree::Difference::What::extra: return "extra ";
        default: return "missing ";
    }
}

}  // namespace

std::string difference_of(const std::filesystem::path& one, const std::filesystem::path& other) {
    const SnapshotOptions options{.inodes = Inodes::left_out};
    return support::difference(take_snapshot(one, options), take_snapshot(other, options));
}

os::Location at(const std::filesystem::path& path) {
    return {os::ReadFs().open(path.parent_path()), path.filename()};
}

std::string text_of_size(std::size_t bytes) {
    std::string text;
    text.reserve(bytes + 16);
    while (text.size() < bytes) {
        text += std::to_string(text.size()) + "\n";
    }
    text.resize(bytes);
    return text;
}

void set_mtime(const std::filesystem::path& path, std::int64_t nanoseconds) {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t rest = ((nanoseconds % second) + second) % second;
    const std::array<timespec, 2> times{
        {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
         {.tv_sec = (nanoseconds - rest) / second, .tv_nsec = rest}}};
    require(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0, path);
}

void set_mode(const std::filesystem::path& path, std::uint32_t mode) {
    require(::chmod(path.c_str(), mode) == 0, path);
}

void set_owner(const std::filesystem::path& path, std::uint32_t user, std::uint32_t group) {
    require(::lchown(path.c_str(), user, group) == 0, path);
}

void set_attribute(const std::filesystem::path& path, const char* name, const std::string& value) {
    require(::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0, path);
}

void set_acl(const std::filesystem::path& path, const char* which, std::uint32_t mode,
             const std::vector<std::string>& named) {
    set_attribute(path, which, encode_acl(mode, named));
}

std::string attribute(const std::filesystem::path& path, const char* name) {
    std::array<char, 4096> value{};
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    return size < 0 ? "" : std::string(value.data(), static_cast<std::size_t>(size));
}

os::FileInfo info_of(const std::filesystem::path& path) {
    return os::ReadFs().look(path).value();
}

void let_the_clock_tick() {
    std::this_thread::sleep_for(std::chrono::milliseconds(45));
}

Copying::Copying() : Copying(std::filesystem::path()) {}

Copying::Copying(const std::filesystem::path& other)
    : source(directory_ / "from/tree"),
      destination(other.empty() ? directory_ / "to/tree" : other / "tree"),
      manifest_file(directory_ / "manifest") {
    std::filesystem::create_directories(source.parent_path());
    std::filesystem::create_directories(destination.parent_path());
}

tree::Mirrored Copying::mirror(const tree::MirrorOptions& options) {
    const std::filesystem::path next = manifest_file.native() + ".new";
    tree::ManifestWriter writer(real_, at(next));
    const tree::Mirrored mirrored =
        tree::mirror(*fs_, at(source), at(destination), writer, options);
    std::filesystem::rename(next, manifest_file);
    manifest_ = tree::Manifest::open(manifest_file);
    if (!manifest_) {
        throw std::runtime_error("the manifest was not finished");
    }
    return mirrored;
}

std::string Copying::compare(const std::filesystem::path& place, tree::Look look,
                             const std::vector<std::string>& drops) const {
    std::vector<std::string> found;
    const tree::CompareOptions options{
        .workers = 2, .drops = drops, .found = [&](const tree::Difference& one) {
            found.push_back(word_for(one.what) + one.path);
        }};
    const tree::Differences differences =
        tree::compare(real_, at(place), manifest(), look, options);
    if (differences.count != found.size()) {
        throw std::runtime_error("not all differences were told");
    }
    std::sort(found.begin(), found.end());
    std::string text;
    for (const std::string& one : found) {
        text += text.empty() ? one : ", " + one;
    }
    return text;
}

std::optional<SharedMemoryDir> SharedMemoryDir::make() {
    std::string name = "/dev/shm/rehome-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        return std::nullopt;
    }
    return SharedMemoryDir(name);
}

SharedMemoryDir::SharedMemoryDir(SharedMemoryDir&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

SharedMemoryDir::~SharedMemoryDir() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

}  // namespace rehome::support
