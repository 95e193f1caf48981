#pragma once

#include "care/survey.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::care {

// What `rustup self uninstall` would do to the homes as they are.
struct Uninstall {
    bool is_installed = false;  // CARGO_HOME/bin/rustup is there; without it rustup refuses
    std::optional<rust::Version> rustup;
    bool stops_at_bin = false;                    // it fails there, and leaves CARGO_HOME
    std::vector<std::filesystem::path> deleted;   // by their names in the homes
    std::vector<std::filesystem::path> programs;  // in bin, and not rustup's: deleted, wherever
                                                  // bin leads
    std::vector<std::filesystem::path> orphaned;  // left behind, and nothing leads there any more
    std::vector<std::string> order;  // the commands that lose nothing, up to the uninstall itself

    bool programs_are_elsewhere = false;  // bin is a link

    // Whether more or less goes than what lies in the two homes.
    [[nodiscard]] bool surprises() const {
        return !orphaned.empty() || programs_are_elsewhere || stops_at_bin;
    }
};

// Up to rustup 1.29 links in the homes are only unlinked, but that of bin is followed, and whatever
// is no proxy is deleted there. From 1.30 on (read, not run) toolchains are uninstalled through
// their link, programs of others stay in bin, and a bin that is a link cannot be removed.
Uninstall look_at_uninstall(const os::ReadFs& fs, const Survey& survey);

// Whether rustup takes the name in bin for its own: rustup itself and its proxies (1.29).
bool is_of_rustup(std::string_view name);

}  // namespace rehome::care
