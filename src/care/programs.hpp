#pragma once

#include "os/environment.hpp"
#include "os/read_fs.hpp"
#include "rust/version.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::care {

// A cargo or rustup that a shell finds.
struct Program {
    std::string name;  // "cargo", "rustup"
    std::filesystem::path path;
    // Of a proxy of rustup: the toolchain that it starts by default, and the version of that one's
    // cargo.
    bool is_proxy = false;
    std::string toolchain = {};
    std::optional<rust::Version> version = {};
};

// The first of each name in PATH. Programs of other users are not run; none is run on the homes.
std::vector<Program> programs_in_path(const os::ReadFs& fs, const os::Environment& environment,
                                      const std::filesystem::path& rustup_home);

// The version of CARGO_HOME/bin/rustup; nothing if it is not there or says none.
std::optional<rust::Version> version_of_rustup(const os::ReadFs& fs,
                                               const os::Environment& environment,
                                               const std::filesystem::path& cargo_home);

// The cargo of every toolchain.
std::vector<Program> cargos_of_toolchains(const os::ReadFs& fs, const os::Environment& environment,
                                          const std::filesystem::path& rustup_home);

// The toolchain that rustup's settings.toml calls the default one, or "".
std::string default_toolchain(std::string_view settings);

}  // namespace rehome::care
