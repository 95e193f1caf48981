// A lock belongs to an open file, which processes share: `flock 9` in a shell locks and ends, and
// /proc/locks goes on naming it. There files are told by a device number that stat does not give on
// btrfs and overlays. So the descriptors come first: fdinfo has a line for a lock on their open
// file.
#include "os/lock_holders.hpp"

#include "base/error.hpp"
#include "os/process_table.hpp"
#include "os/read_fs.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <optional>
#include <sstream>

namespace rehome::os {

namespace {

// Processes go while we look, and others' are hidden: both are "not there".
std::string read_quietly(const std::filesystem::path& path) {
    try {
        return ReadFs().read(path).value_or("");
    } catch (const base::Error&) {
        return "";
    }
}

bool is_file(const std::filesystem::path& descriptor, const FileInfo& file) {
    struct stat status {};

    return ::stat(descriptor.c_str(), &status) == 0 && status.st_dev == file.device &&
           status.st_ino == file.inode;
}

bool holds_lock(int process, const FileInfo& file) {
    const ReadFs fs;
    const std::filesystem::path directory = fmt::format("/proc/{}", process);
    try {
        const std::optional<Directory> descriptors = fs.open_if_there(directory / "fd");
        for (const Entry& entry : descriptors ? fs.list(*descriptors) : std::vector<Entry>()) {
            if (is_file(directory / "fd" / entry.name, file) &&
                read_quietly(directory / "fdinfo" / entry.name).find("\nlock:") !=
                    std::string::npos) {
                return true;
            }
        }
    } catch (const base::Error&) {
        // It has ended, or is not ours to look into.
    }
    return false;
}

std::vector<int> lockers(const FileInfo& file) {
    const std::string id = fmt::format(
        "{:02x}:{:02x}:{}", gnu_dev_major(file.device), gnu_dev_minor(file.device), file.inode);
    std::vector<int> processes;
    std::istringstream lines(read_quietly("/proc/locks"));
    for (std::string line; std::getline(lines, line);) {
        // "1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"; waiting ones have "->" after the
        // number.
        std::istringstream fields(line);
        std::string number;
        std::string type;
        std::string kind;
        std::string access;
        int process = 0;
        std::string where;
        fields >> number >> type >> kind >> access >> process >> where;
        if (where == id && process > 0) {
            processes.push_back(process);
        }
    }
    return processes;
}

}  // namespace

std::vector<LockHolder> lock_holders(const FileInfo& file) {
    std::vector<LockHolder> holders;
    for (const int process : other_processes()) {
        if (holds_lock(process, file)) {
            holders.push_back({process, name_of(process)});
        }
    }
    if (holders.empty()) {
        for (const int process : lockers(file)) {
            if (const std::string name = name_of(process); !name.empty()) {
                holders.push_back({process, name});
            }
        }
    }
    return holders;
}

}  // namespace rehome::os
