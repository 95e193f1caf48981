#pragma once

#include "support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rehome::support {

enum class Filesystem { tmpfs, ext4, xfs, btrfs, overlay, bind };

struct MountOptions {
    std::string options = {};              // as after `mount -o`: "size=10m,nr_inodes=100"
    std::uint64_t megabytes = 512;         // of ext4, xfs and btrfs; what is not used takes no room
    std::vector<std::string> format = {};  // more for mkfs: {"-I", "128"}
    std::filesystem::path source = {};     // the lower directory of an overlay, or what is bound
    std::filesystem::path directory = {};  // where it is mounted; empty: in a directory of its own
};

// This machine, or this user, cannot mount it; what() says why.
class CannotMount : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A filesystem that is mounted for the test's process and what it starts from then on, and for
// nobody else: the process leaves the mounts of the machine (unshare), so that nothing stays
// mounted however it ends. The kernel does that for a thread: make the first one before others
// start. Gone with the object, also where something still uses it.
class Mounted {
public:
    // Throws CannotMount.
    explicit Mounted(Filesystem filesystem, MountOptions options = {});
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return path_ / name;
    }

    // path() is then what lies below; a tmpfs loses its files. Lazy where it is busy.
    void unmount();
    // Mounts it again after unmount(). Throws CannotMount.
    void mount();

private:
    [[nodiscard]] std::filesystem::path image() const { return own_ / "image"; }

    Filesystem filesystem_;
    MountOptions options_;
    TempDir own_;  // the image of a disk, the upper layer
    std::filesystem::path path_;
    bool is_mounted_ = false;
};

// Nothing where that cannot be mounted; then it has printed SKIPPED and why.
std::unique_ptr<Mounted> mount_or_skip(Filesystem filesystem, MountOptions options = {});

}  // namespace rehome::support
