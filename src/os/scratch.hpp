#pragma once

#include <filesystem>

namespace rehome::os {

// An empty directory of its own below the system's place for temporary files; removed with what is
// in it when the object goes.
class Scratch {
public:
    Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace rehome::os
