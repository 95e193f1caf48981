#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rehome::os {

// A running process, as far as we may see it.
struct RunningProcess {
    int id = 0;
    std::string name;                  // of its executable's file
    std::filesystem::path executable;  // resolved; as it was when it started if renamed since

    bool operator==(const RunningProcess&) const = default;
};

// The ids of all processes that /proc shows but this one.
std::vector<int> other_processes();

// All processes whose executable we may read (/proc/PID/exe), but this one and its ancestors.
std::vector<RunningProcess> running_processes();

// The name of its executable's file, or what the kernel calls it; "" if there is no such process.
std::string name_of(int process);

// A variable of another process as it was at its start; nothing if unset or not readable.
std::optional<std::string> variable_of(int process, const std::string& name);

}  // namespace rehome::os
