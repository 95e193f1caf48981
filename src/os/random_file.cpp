#include "os/random_file.hpp"

#include "os/errno.hpp"
#include "os/status.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rehome::os {

RandomFile::RandomFile(int descriptor, std::uint64_t size, std::filesystem::path path)
    : descriptor_(descriptor), size_(size), path_(std::move(path)) {}

RandomFile::RandomFile(RandomFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_),
      path_(std::move(other.path_)) {}

RandomFile& RandomFile::operator=(RandomFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    std::swap(path_, other.path_);
    return *this;
}

RandomFile::~RandomFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::optional<RandomFile> RandomFile::open(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        const int code = errno;
        if (code == ENOENT || code == ENOTDIR) {
            return std::nullopt;
        }
        throw_errno(code, "open", path);
    }
    RandomFile file(descriptor, 0, path);
    FileInfo info;
    if (const int code = status_of(descriptor, info); code != 0) {
        throw_errno(code, "look at", path);
    }
    file.size_ = info.size;
    return file;
}

std::string RandomFile::read(std::uint64_t offset, std::size_t bytes) const {
    std::string text(bytes, '\0');
    std::size_t filled = 0;
    while (filled < bytes) {
        const ssize_t got = ::pread(
            descriptor_, text.data() + filled, bytes - filled, static_cast<off_t>(offset + filled));
        if (got < 0) {
            const int code = errno;
            if (code == EINTR) {
                continue;
            }
            throw_errno(code, "read", path_);
        }
        if (got == 0) {
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
}

}  // namespace rehome::os
