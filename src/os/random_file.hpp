#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rehome::os {

// A file open for reading at any place. Thread-safe.
class RandomFile {
public:
    // Nothing if it is missing. Throws Error(io).
    static std::optional<RandomFile> open(const std::filesystem::path& path);

    RandomFile(RandomFile&& other) noexcept;
    RandomFile& operator=(RandomFile&& other) noexcept;
    RandomFile(const RandomFile&) = delete;
    RandomFile& operator=(const RandomFile&) = delete;
    ~RandomFile();

    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    // So many bytes from the offset, fewer where the file ends before.
    [[nodiscard]] std::string read(std::uint64_t offset, std::size_t bytes) const;

private:
    RandomFile(int descriptor, std::uint64_t size, std::filesystem::path path);

    int descriptor_;
    std::uint64_t size_;
    std::filesystem::path path_;
};

}  // namespace rehome::os
