#pragma once

#include "os/environment.hpp"
#include "rules/category.hpp"
#include "rust/home_name.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rehome::layout {

// Where a directory's path comes from, in falling precedence but for home_variable.
enum class Origin {
    flag,           // --cache-dir, --bin-dir
    variable,       // CARGO_CACHE_HOME
    applied,        // the committed transaction of that home
    xdg,            // XDG_CACHE_HOME
    standard,       // the platform's default
    home_variable,  // CARGO_HOME, RUSTUP_HOME: the legacy homes themselves
};

std::string_view name_of(Origin origin);

struct Directory {
    std::string path;
    Origin origin = Origin::standard;
    std::string detail;  // the flag's or variable's name, else ""

    bool operator==(const Directory&) const = default;
};

// One of the ten directories: a category of a home.
using Slot = std::pair<rust::HomeName, rules::Category>;

// "CARGO_CACHE_HOME": the variable that names the slot's final directory.
std::string variable_of(Slot slot);

// xdg: the XDG directories on every platform, as rustup does on Linux and macOS. native: what the
// platform's own programs use (~/Library on macOS, AppData on Windows).
enum class Style { xdg, native };

// xdg on Linux and macOS, native on Windows.
Style default_style(os::Platform platform);

// What the command line and the journals say about directories; paths as given.
struct Wishes {
    std::map<rules::Category, std::string>
        bases;                       // --config-dir .. --cache-dir: replace the XDG base
    std::optional<std::string> bin;  // --bin-dir: the final directory
    std::optional<Style> style;
    std::map<Slot, std::string> applied;  // the final directories of committed transactions
};

struct Layout {
    std::string home;  // HOME
    std::map<rust::HomeName, Directory> homes;
    std::map<Slot, Directory> directories;
    Directory state;                    // rehome's own: <state base>/rehome, whatever the flags say
    Directory rules;                    // the user's rule files: <config base>/rehome/rules
    std::vector<std::string> warnings;  // variables that were ignored
};

// Pure. An empty variable counts as unset; a relative XDG_* is ignored with a warning. A variable
// that equals what was applied is our own lines' echo and no wish. Throws Error(usage) if HOME is
// missing, or if HOME, one of our variables or a flag holds a relative path.
Layout make_layout(const os::Environment& environment, const Wishes& wishes);

}  // namespace rehome::layout
