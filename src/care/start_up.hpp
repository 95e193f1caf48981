#pragma once

#include "layout/layout.hpp"
#include "os/environment.hpp"
#include "os/read_fs.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::care {

// A line of a start-up file that reads rustup's env.
struct SourcedFile {
    std::filesystem::path file;
    std::size_t line = 0;         // from 1
    std::filesystem::path wants;  // what it reads
    bool is_there = false;
};

// What a line of a start-up file reads, with HOME and CARGO_HOME written out: `.
// "$HOME/.cargo/env"`, `source ~/.cargo/env.fish`. "" for every other line, and for one that looks
// first whether the file is there.
std::string sourced_by(std::string_view line, const std::string& home,
                       const std::string& cargo_home);

// The lines that rustup-init writes for all shells it knows (rustup 1.29), of the files that are
// there.
std::vector<SourcedFile> sourced_files(const os::ReadFs& fs, const os::Environment& environment,
                                       const layout::Layout& layout);

}  // namespace rehome::care
