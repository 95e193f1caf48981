#pragma once

#include <chrono>
#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rehome::rust {

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;

    auto operator<=>(const Version&) const = default;
};

// "1.27.0" of "rustup 1.27.0 (bbb9276d2 2024-03-08)" and of "cargo 1.95.0-nightly (...)".
std::optional<Version> parse_version(std::string_view text);

std::string to_text(const Version& version);

// What `PROGRAM --version` says, run in the root directory, with an empty one as its CARGO_HOME,
// RUSTUP_HOME and HOME, so that it neither reads nor makes anything in the real ones. Nothing if it
// does not run, or not to its end within the limit, or says something else.
std::optional<Version>
version_of_program(const std::filesystem::path& program,
                   std::chrono::milliseconds limit = std::chrono::milliseconds(5000));

// The one release of rustup that cannot follow links in its
// home (fixed in 1.27.1; rustup's CHANGELOG).
inline constexpr Version rustup_without_links{1, 27, 0};

// The first cargo that holds a lock while it compiles (1.75; .package-cache-mutate).
inline constexpr Version cargo_with_lock_while_compiling{1, 75, 0};

}  // namespace rehome::rust
