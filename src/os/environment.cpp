#include "os/environment.hpp"

#include <sys/auxv.h>
#include <unistd.h>

extern char** environ;  // POSIX asks the program to declare it

namespace rehome::os {

Platform this_platform() {
#if defined(__APPLE__)
    return Platform::macos;
#else
    return Platform::linux;
#endif
}

std::optional<std::string> Environment::variable(std::string_view name) const {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) {
        return std::nullopt;
    }
    return found->second;
}

Environment current_environment() {
    Environment environment;
    environment.platform = this_platform();
    for (char** line = environ; line != nullptr && *line != nullptr; ++line) {
        const std::string_view text = *line;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    std::error_code gone;  // the working directory may have been removed; then it stays empty
    environment.working_directory = std::filesystem::current_path(gone);
    environment.user = ::geteuid();
    environment.group = ::getegid();
    environment.privileged = ::getauxval(AT_SECURE) != 0;
    return environment;
}

}  // namespace rehome::os
