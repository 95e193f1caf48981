#pragma once

#include "os/process_table.hpp"
#include "rust/home_name.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rehome::rust {

// A home and where its items lie, every path resolved.
struct WatchedHome {
    HomeName name = HomeName::cargo;
    std::filesystem::path path;                 // as cargo and rustup are told
    std::vector<std::filesystem::path> places;  // the directory itself and the targets of its items
};

// A process that uses a home.
struct RunningTool {
    int id = 0;
    std::string name;
    // A rename under it can make it fail: rustup at work (it takes no lock), or a cargo before 1.75
    // (it compiles without one).
    bool blocks = false;
    // It may write into an item by path at any time, so what it writes after a copy was compared
    // can miss the copy: cargo, rustup, cargo-binstall and the like. Compilers and rust-analyzer
    // only read.
    bool may_write = false;
    // rustup, or its installer: no lock of ours keeps it waiting.
    bool takes_no_lock = false;

    bool operator==(const RunningTool&) const = default;
};

// A process counts when its executable lies in a home or in the place of one of its items, or when
// it is named as a tool that finds its home by a variable (cargo, rustc, rustdoc, rustup,
// cargo-binstall, ...) and its own CARGO_HOME or RUSTUP_HOME is this home. Never rehome and its
// ancestors. Runs `cargo --version` of running cargos that lie there.
std::vector<RunningTool> running_tools(const std::vector<WatchedHome>& homes);

}  // namespace rehome::rust
