#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::os {

// One line of /proc/self/mountinfo.
struct Mount {
    std::uint64_t id = 0;
    std::string device;           // of the filesystem, "8:1"; btrfs shows another one in st_dev
    std::filesystem::path root;   // the directory (or file) of the filesystem that is shown at...
    std::filesystem::path point;  // ...this place
    std::string type;             // "ext4", "fuse.sshfs", "overlay"
    std::vector<std::string> options;  // of the mount and of the filesystem, "ro", "upperdir=/x"

    [[nodiscard]] bool has_option(std::string_view option) const;
    // What follows "name=", in each of these options.
    [[nodiscard]] std::vector<std::string> option_values(std::string_view name) const;

    bool operator==(const Mount&) const = default;
};

// Parses the text of mountinfo (proc(5)); octal escapes in the mount point are decoded. Lines of
// another form are passed over.
std::vector<Mount> parse_mounts(std::string_view text);

// Contents are gone after a reboot: tmpfs, ramfs, and an overlay mounted `volatile`.
bool is_volatile(const Mount& mount);

// Filesystems that are known to refuse RENAME_EXCHANGE: NFS, 9p, SMB, FUSE.
bool lacks_exchange(const Mount& mount);

// By its type or options; a single directory may ignore it, too (ReadFs::folds_case).
bool ignores_case(const Mount& mount);

// FAT in its forms: a symbolic link cannot be made there.
bool lacks_symlinks(const Mount& mount);

}  // namespace rehome::os
