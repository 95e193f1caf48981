#pragma once

#include "os/fs.hpp"
#include "shell/rc_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::shell {

// What becomes of a start-up file.
struct RcChange {
    enum class Kind { none, create, insert, replace, remove, remove_file };

    RcFile file;
    Kind kind = Kind::none;
    std::string text = {};       // the new one
    bool has_leftovers = false;  // names beside it, of a run that was cut off, that can go
};

// Whether the file is missing and what a run that was cut off took out of its place is there: a
// filesystem may keep half of an exchange when the power goes.
bool is_aside(const os::ReadFs& fs, const RcFile& file);

// Puts that back in its place.
void bring_back(os::Fs& fs, const RcFile& file);

// Our lines into the file, or out of it. Kind none where there is nothing to do. Throws
// Error(refused) for markers that do not fit together, and where a run that was cut off has left
// something beside the file that holds what the file does not.
RcChange plan_install(const os::ReadFs& fs, const RcFile& file, std::string_view lines);
RcChange plan_uninstall(const os::ReadFs& fs, const RcFile& file);

// Makes all the changes or none. Each file is at every instant the old or the new one; it keeps
// owner, mode and attributes. A file that somebody has changed since it was read is not touched:
// Error(refused). When this throws, all is as before, but for Error(attention): then what() says
// what is not, and making the changes again finishes. Of a file that gets its first lines a backup
// is left, unless there is one; it goes with the lines if it holds the same as the file then.
// Returns what is left beside the files, a sentence each.
std::vector<std::string> change_all(os::Fs& fs, const std::vector<RcChange>& changes);

}  // namespace rehome::shell
