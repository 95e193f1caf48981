#pragma once

#include <filesystem>

namespace rehome::os {

// A file open for appending, closed with the object. Written to through Fs only.
class AppendFile {
public:
    AppendFile(int descriptor, std::filesystem::path path);
    AppendFile(AppendFile&& other) noexcept;
    AppendFile& operator=(AppendFile&& other) noexcept;
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;
    ~AppendFile();

    [[nodiscard]] int descriptor() const { return descriptor_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    int descriptor_;
    std::filesystem::path path_;
};

}  // namespace rehome::os
