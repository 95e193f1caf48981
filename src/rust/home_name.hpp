#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace rehome::rust {

// The two legacy directories.
enum class HomeName { cargo, rustup };

inline constexpr std::array home_names{HomeName::cargo, HomeName::rustup};

// "cargo", "rustup": how items, options and directories are named.
std::string_view name_of(HomeName home);

// Nothing if it is neither.
std::optional<HomeName> home_named(std::string_view name);

// "CARGO_HOME", "RUSTUP_HOME".
std::string_view variable_of(HomeName home);

// ".cargo", ".rustup": the directory in HOME when the variable is not set.
std::string_view directory_of(HomeName home);

}  // namespace rehome::rust
