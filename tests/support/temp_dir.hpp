#pragma once

#include <filesystem>
#include <string_view>

namespace rehome::support {

// A new, empty directory (mode 0700) below $TMPDIR or /tmp, named without any link. At the end of
// its life it is removed with everything in it, read-only and immutable entries included. Links are
// not followed and mounted filesystems are not entered: what stays for such a reason is named on
// stderr.
class TempDir {
public:
    TempDir();
    // Below this directory instead.
    explicit TempDir(const std::filesystem::path& parent);
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

}  // namespace rehome::support
