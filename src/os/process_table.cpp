#include "os/process_table.hpp"

#include "base/error.hpp"
#include "os/read_fs.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace rehome::os {

namespace {

// Processes come and go while we look, and others' are not readable: both are "not there".
std::optional<std::string> read_quietly(const std::filesystem::path& path) {
    try {
        return ReadFs().read(path);
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

int parent_of(int process) {
    const std::string stat = read_quietly(fmt::format("/proc/{}/stat", process)).value_or("");
    // "PID (name) S PARENT ...": the name may itself hold blanks and parentheses.
    const std::size_t after_name = stat.rfind(") ");
    int parent = 0;
    if (after_name != std::string::npos && after_name + 4 < stat.size()) {
        std::from_chars(stat.data() + after_name + 4, stat.data() + stat.size(), parent);
    }
    return parent;
}

// What /proc/PID/exe says, without what it adds for a file that is gone.
std::filesystem::path without_deleted(std::filesystem::path executable) {
    constexpr std::string_view deleted = " (deleted)";
    if (executable.native().ends_with(deleted)) {
        std::string text = executable.native();
        text.resize(text.size() - deleted.size());
        executable = text;
    }
    return executable;
}

std::set<int> self_and_ancestors() {
    std::set<int> family;
    for (int process = ::getpid(); process > 0 && family.insert(process).second;) {
        process = parent_of(process);
    }
    return family;
}

}  // namespace

std::vector<int> other_processes() {
    const ReadFs fs;
    std::vector<int> processes;
    const std::optional<Directory> table = fs.open_if_there("/proc");
    if (!table) {
        return processes;
    }
    for (const Entry& entry : fs.list(*table)) {
        int id = 0;
        const char* end = entry.name.data() + entry.name.size();
        if (std::from_chars(entry.name.data(), end, id).ptr == end && id != ::getpid()) {
            processes.push_back(id);
        }
    }
    return processes;
}

std::vector<RunningProcess> running_processes() {
    std::vector<RunningProcess> processes;
    const std::set<int> family = self_and_ancestors();
    for (const int id : other_processes()) {
        if (family.contains(id)) {
            continue;
        }
        std::error_code hidden;
        std::filesystem::path executable =
            std::filesystem::read_symlink(fmt::format("/proc/{}/exe", id), hidden);
        if (hidden) {
            continue;
        }
        executable = without_deleted(executable);
        processes.push_back({id, executable.filename().string(), executable});
    }
    return processes;
}

std::string name_of(int process) {
    std::error_code hidden;
    const std::filesystem::path executable =
        std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process), hidden);
    if (!hidden) {
        return without_deleted(executable).filename().string();
    }
    std::string name = read_quietly(fmt::format("/proc/{}/comm", process)).value_or("");
    if (name.ends_with('\n')) {
        name.pop_back();
    }
    return name;
}

std::optional<std::string> variable_of(int process, const std::string& name) {
    const std::string text = read_quietly(fmt::format("/proc/{}/environ", process)).value_or("");
    const std::string start = name + "=";
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\0', begin), text.size());
        const std::string_view line = std::string_view(text).substr(begin, end - begin);
        if (line.starts_with(start)) {
            return std::string(line.substr(start.size()));
        }
        begin = end + 1;
    }
    return std::nullopt;
}

}  // namespace rehome::os
