#pragma once

#include "os/file_info.hpp"
#include "os/read_fs.hpp"
#include "shell/rc_places.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rehome::shell {

// A start-up file as it was found.
struct RcFile {
    Shell shell = Shell::posix;
    std::filesystem::path path = {};        // as the shell names it
    std::filesystem::path real = {};        // where it is or will be, links followed
    std::optional<os::FileInfo> info = {};  // nothing: it is not there
    std::string text = {};                  // empty where it is not there
    std::size_t directories_missing = 0;    // above it
};

// Reads it. Throws Error(refused) where that makes no sense: a link to nothing, what is no regular
// file, one that changes meanwhile.
RcFile read_rc_file(const os::ReadFs& fs, const RcPlace& place);

// Throws Error(refused) unless the file can be replaced, and by nobody else meanwhile: it and its
// directory belong to the user (the directory perhaps to root), nobody else may write to that
// directory or swap one above it, it has one name, and nothing holds it fast.
void require_changeable(const os::ReadFs& fs, const RcFile& file, std::uint32_t user);

// Names beside the file: the new text while it is written; a copy of the old one while it is made;
// what is on its way in or out, always whole; the file as it was before the first lines of ours.
std::filesystem::path staging_of(const RcFile& file);
std::filesystem::path copy_of(const RcFile& file);
std::filesystem::path aside_of(const RcFile& file);
std::filesystem::path backup_of(const RcFile& file);

}  // namespace rehome::shell
