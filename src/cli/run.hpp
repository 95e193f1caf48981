#pragma once

#include "os/environment.hpp"
#include "os/fs.hpp"

#include <string>
#include <vector>

namespace rehome::cli {

// Runs rehome with these arguments (without the program's name) and returns its exit code. Prints
// every error; throws nothing.
int run(const std::vector<std::string>& words, const os::Environment& environment, os::Fs& fs);

}  // namespace rehome::cli
