#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rehome::os {

enum class Platform { linux, macos, windows };

// The platform this binary was built for.
Platform this_platform();

// Everything that rehome takes from its surroundings; a plain value, so that tests fill it by hand.
struct Environment {
    Platform platform = Platform::linux;
    std::map<std::string, std::string, std::less<>> variables;
    std::filesystem::path working_directory;
    std::uint32_t user = 0;  // the effective user
    std::uint32_t group = 0;
    bool privileged = false;  // started set-id or with file capabilities (AT_SECURE)

    // Nothing if unset or empty: an empty variable counts as unset.
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;
};

// Of this process.
Environment current_environment();

}  // namespace rehome::os
