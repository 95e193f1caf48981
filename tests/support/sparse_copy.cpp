#include "support/sparse_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace rehome::support {
namespace {

class File {
public:
    File(const std::filesystem::path& path, int flags)
        : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)), path_(path) {
        checked(descriptor_);
    }

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    ~File() { ::close(descriptor_); }

    template <class Result>
    Result checked(Result result) const {
        if (result < 0) {
            throw std::system_error(errno, std::generic_category(), path_.string());
        }
        return result;
    }

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    std::filesystem::path path_;
};

void copy_range(const File& from, const File& to, off_t begin, off_t end) {
    std::array<char, 1 << 16> bytes = {};
    while (begin < end) {
        const std::size_t most = std::min(bytes.size(), static_cast<std::size_t>(end - begin));
        const ssize_t got = from.checked(::pread(from.descriptor(), bytes.data(), most, begin));
        if (got == 0) {
            return;
        }
        const auto size = static_cast<std::size_t>(got);
        const auto is_zero = [](char byte) { return byte == 0; };
        if (!std::all_of(bytes.begin(), bytes.begin() + got, is_zero)) {
            for (std::size_t done = 0; done < size;) {
                done += static_cast<std::size_t>(
                    to.checked(::pwrite(to.descriptor(),
                                        bytes.data() + done,
                                        size - done,
                                        begin + static_cast<off_t>(done))));
            }
        }
        begin += got;
    }
}

}  // namespace

void copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to) {
    const File source(from, O_RDONLY);
    const File copy(to, O_WRONLY | O_CREAT | O_TRUNC);
    struct stat info = {};
    source.checked(::fstat(source.descriptor(), &info));
    copy.checked(::ftruncate(copy.descriptor(), info.st_size));
    for (off_t end = 0; end < info.st_size;) {
        const off_t begin = ::lseek(source.descriptor(), end, SEEK_DATA);
        if (begin < 0 && errno == ENXIO) {
            return;
        }
        end = source.checked(::lseek(source.descriptor(), source.checked(begin), SEEK_HOLE));
        copy_range(source, copy, begin, end);
    }
}

}  // namespace rehome::support
