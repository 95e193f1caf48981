#pragma once

#include "os/fs.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace rehome::journal {

// The small file in each home that leads to the newest transaction, so that recovery finds the
// journal whatever XDG_STATE_HOME says then.
inline constexpr const char* pointer_name = ".rehome";

struct Pointer {
    std::string id;
    std::filesystem::path journal;

    bool operator==(const Pointer&) const = default;
};

// Nothing if the home has none. Throws Error(attention) if it cannot be read as one.
std::optional<Pointer> read_pointer(const os::ReadFs& fs, const std::filesystem::path& home);

// Replaces the home's pointer in one atomic step. The file is on the disk when it returns, its name
// only after the next sync of the directory.
void write_pointer(os::Fs& fs, const os::Directory& home, const Pointer& pointer);

// Removes the pointer if there is one.
void remove_pointer(os::Fs& fs, const os::Directory& home);

}  // namespace rehome::journal
