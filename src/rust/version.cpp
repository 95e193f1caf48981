#include "rust/version.hpp"

#include "os/process.hpp"
#include "os/scratch.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace rehome::rust {

std::optional<Version> parse_version(std::string_view text) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) {
        return std::nullopt;
    }
    const char* at = text.data() + blank + 1;
    const char* end = text.data() + text.size();
    std::array<int, 3> parts{};
    for (std::size_t index = 0; index < parts.size(); ++index) {
        const auto [next, error] = std::from_chars(at, end, parts[index]);
        const bool last = index + 1 == parts.size();
        if (error != std::errc() || (!last && (next == end || *next != '.'))) {
            return std::nullopt;
        }
        at = next + (last ? 0 : 1);
    }
    return Version{parts[0], parts[1], parts[2]};
}

std::string to_text(const Version& version) {
    return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::optional<Version> version_of_program(const std::filesystem::path& program,
                                          std::chrono::milliseconds limit) {
    const os::Scratch scratch;
    const os::Outcome outcome = os::run({
        .path = program,
        .arguments = {"--version"},
        .variables = {{"HOME", scratch.path().string()},
                      {"CARGO_HOME", scratch.path().string()},
                      {"RUSTUP_HOME", scratch.path().string()},
                      {"PATH", "/usr/bin:/bin"}},
        // rustup obeys a rust-toolchain.toml in any directory above the one it stands in, and runs
        // what that names; above a temporary directory everybody may put one.
        .working_directory = "/",
        .time_limit = limit,
    });
    return outcome.exit_code == 0 ? parse_version(outcome.output) : std::nullopt;
}

}  // namespace rehome::rust
