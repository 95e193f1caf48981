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
    std::string options = {};              // the filesystem's own: "size=10m,nr_inodes=100"
    std::uint64_t megabytes = 512;         // of ext4, xfs and btrfs; what is not used takes no room
    std::vector<std::string> format = {};  // more for mkfs: {"-I", "128"}
    std::filesystem::path source = {};     // the lower directory of an overlay, or what is bound
    std::filesystem::path directory = {};  // where it is mounted; empty: in a directory of its own
    std::filesystem::path keep_in = {};    // where that, and the image, are made; empty: TMPDIR
};

// What reaches the disk at the end of the power, of what the filesystem still has in memory.
enum class Outage {
    log_lost,     // nothing
    log_written,  // its log, as when another program's fsync came just before: not the files' data
};

// This machine, or this user, cannot mount it; what() says why.
class CannotMount : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A filesystem that is mounted for the test's process and what it starts from then on, and for
// nobody else: the process leaves the mounts of the machine (unshare), so that nothing stays
// mounted however it ends. The kernel does that for a thread and those that it starts later: make
// the first one before they start. A thread that mounts one itself has from then on mounts that
// other threads do not see. Gone with the object, also where something still uses it.
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

    // Of ext4, xfs and btrfs. From now on nothing reaches the disk; ext4 and xfs fail what is asked
    // of them, btrfs goes on in vain (and knows no log_written). Throws CannotMount, also where the
    // kernel does not do this.
    void cut_power(Outage outage);
    // After cut_power(): it is mounted again, as the disk is. Throws CannotMount, also where
    // somebody still uses what was mounted.
    void boot();

private:
    [[nodiscard]] std::filesystem::path image() const { return own_ / "image"; }

    [[nodiscard]] std::filesystem::path image_of_outage() const { return own_ / "image.outage"; }

    Filesystem filesystem_;
    MountOptions options_;
    TempDir own_;  // the image of a disk, the upper layer
    std::filesystem::path path_;
    bool is_mounted_ = false;
};

// Nothing where that cannot be mounted; then it has printed SKIPPED and why.
std::unique_ptr<Mounted> mount_or_skip(Filesystem filesystem, MountOptions options = {});

}  // namespace rehome::support
