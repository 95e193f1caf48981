#include "rust/running_tools.hpp"

#include "rust/version.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace rehome::rust {

namespace {

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& directory) {
    const auto [end, rest] =
        std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
    return end == directory.end();
}

// What changes a home beside the programs that it starts (those count by themselves).
bool is_named_as_writer(const std::string& name) {
    constexpr std::array writers{"cargo",
                                 "rustup",
                                 "rustup-init",
                                 "cargo-binstall",
                                 "cargo-cache",
                                 "cargo-install-update",
                                 "cargo-install-update-config"};
    return std::ranges::find(writers, name) != writers.end();
}

bool is_named_as_tool(const std::string& name) {
    return name == "rustc" || name == "rustdoc" || is_named_as_writer(name);
}

// The home by the process's own word: its variable, else the directory in its HOME.
std::filesystem::path home_of(int process, HomeName name) {
    if (const auto home = os::variable_of(process, std::string(variable_of(name)));
        home && !home->empty()) {
        return *home;
    }
    const auto user_home = os::variable_of(process, "HOME");
    return user_home ? std::filesystem::path(*user_home) / directory_of(name)
                     : std::filesystem::path();
}

bool runs_from(const os::RunningProcess& process, const WatchedHome& home) {
    return std::ranges::any_of(home.places, [&](const std::filesystem::path& place) {
        return lies_in(process.executable, place);
    });
}

bool works_on(const os::RunningProcess& process, const WatchedHome& home) {
    return is_named_as_tool(process.name) && home_of(process.id, home.name) == home.path;
}

bool is_old_cargo(const os::RunningProcess& process) {
    if (process.name != "cargo") {
        return false;
    }
    const std::optional<Version> version = version_of_program(process.executable);
    return version && *version < cargo_with_lock_while_compiling;
}

}  // namespace

std::vector<RunningTool> running_tools(const std::vector<WatchedHome>& homes) {
    std::vector<RunningTool> tools;
    for (const os::RunningProcess& process : os::running_processes()) {
        bool lies_here = false;
        bool works_here = false;
        for (const WatchedHome& home : homes) {
            lies_here = lies_here || runs_from(process, home);
            works_here = works_here || works_on(process, home);
        }
        if (!lies_here && !works_here) {
            continue;
        }
        const bool rustup = process.name == "rustup" || process.name == "rustup-init";
        // Only a program that lies in the home is run for its version, never a stranger's.
        tools.push_back({.id = process.id,
                         .name = process.name,
                         .blocks = rustup || (lies_here && is_old_cargo(process)),
                         .may_write = is_named_as_writer(process.name),
                         .takes_no_lock = rustup});
    }
    return tools;
}

}  // namespace rehome::rust
