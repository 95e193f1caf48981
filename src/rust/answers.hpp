#pragma once

#include "base/digest.hpp"
#include "os/environment.hpp"
#include "os/read_fs.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rehome::rust {

// What a tool answers to a question that changes nothing and needs none of cargo's locks.
struct Answer {
    std::string command;  // "rustup toolchain list"
    int exit_code = 0;
    base::Digest output;

    bool operator==(const Answer&) const = default;
};

// Asks the cargo and the rustup in the bin of that home as the caller would: with these variables,
// but offline, from an empty directory, at most 5 s each; rustup may install nothing. Who does not
// answer in time, or is not there, is not in the list. Nothing is asked without rustup's settings,
// which it would make (rustup 1.29, settings.toml). Throws nothing; leaves nothing on the disk.
std::vector<Answer> ask_tools(const os::ReadFs& fs, const os::Environment& environment,
                              const std::filesystem::path& cargo_home,
                              const std::filesystem::path& rustup_home);

// The commands of which both lists have an answer, and not the same.
std::vector<std::string> changed_answers(const std::vector<Answer>& before,
                                         const std::vector<Answer>& after);

}  // namespace rehome::rust
