#pragma once

#include "os/environment.hpp"
#include "os/read_fs.hpp"
#include "shell/snippet.hpp"

#include <filesystem>
#include <set>
#include <string_view>
#include <vector>

namespace rehome::shell {

// A start-up file that takes the lines for a shell; it may be missing.
struct RcPlace {
    Shell shell;
    std::filesystem::path path;

    bool operator==(const RcPlace&) const = default;
};

// Where `env install` puts its lines: the files in which rustup puts its own, of the shells that
// are named, or, with none named, of those that have start-up files already, and of $SHELL. Where
// a file is a place of two shells, the first is the one whose lines both understand. Throws
// Error(usage) without a HOME.
std::vector<RcPlace> places_to_install(const os::ReadFs& fs, const os::Environment& environment,
                                       const std::set<Shell>& named);

// Every file in which the lines may stand, whether it is there or not; of all shells if none is
// named.
std::vector<RcPlace> places_to_uninstall(const os::Environment& environment,
                                         const std::set<Shell>& named);

}  // namespace rehome::shell
