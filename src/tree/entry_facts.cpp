#include "tree/entry_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rehome::tree {

namespace {

constexpr std::uint64_t block = 4096;

std::uint64_t in_blocks(std::uint64_t bytes) {
    return (bytes + block - 1) / block * block;
}

// 0 where the kernel does not say.
std::uint64_t mount_of(int descriptor) {
    struct statx status {};

    const int failed = ::statx(descriptor, "", AT_EMPTY_PATH, STATX_MNT_ID, &status);
    return failed == 0 && (status.stx_mask & STATX_MNT_ID) != 0 ? status.stx_mnt_id : 0;
}

}  // namespace

std::uint64_t on_disk(const struct stat& status) {
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

// Some filesystems keep what is small without a block; its copy may need one.
std::uint64_t room_of(const struct stat& status) {
    const auto least = S_ISDIR(status.st_mode)
                           ? block
                           : std::min(static_cast<std::uint64_t>(status.st_size), block);
    return in_blocks(std::max(on_disk(status), least));
}

std::filesystem::path path_of(int directory, const char* name) {
    if (directory == AT_FDCWD) {
        return name;
    }
    std::array<char, 4096> text{};
    const std::string link = "/proc/self/fd/" + std::to_string(directory);
    const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
    const std::size_t known = length > 0 ? static_cast<std::size_t>(length) : 0;
    return std::filesystem::path(std::string_view(text.data(), known)) / name;
}

bool are_on_one_mount(int one, int other) {
    const std::uint64_t mount = mount_of(one);
    return mount != 0 && mount == mount_of(other);
}

// The mode says it without a call where the file is the caller's own.
bool may_read(int directory, const char* name, const struct stat& status) {
    static const uid_t user = ::geteuid();
    return user == 0 || (status.st_uid == user && (status.st_mode & S_IRUSR) != 0) ||
           ::faccessat(directory, name, R_OK, AT_EACCESS) == 0;
}

std::string in_one_case(std::string_view name) {
    std::string folded(name);
    for (char& letter : folded) {
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    return folded;
}

}  // namespace rehome::tree
