#pragma once

#include <filesystem>

namespace rehome::support {

// A block device whose bytes are those of a file. It is gone when neither this object nor a mount
// has it.
class LoopDevice {
public:
    // Throws std::system_error.
    explicit LoopDevice(const std::filesystem::path& file);
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;
    ~LoopDevice();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int device_ = -1;
};

}  // namespace rehome::support
