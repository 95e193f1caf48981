#pragma once

#include <filesystem>
#include <string>

namespace rehome::care {

// The path as a message names it: '~/.cache/cargo', in quotes, on one line.
std::string named(const std::filesystem::path& path, const std::string& home);

// The path as a word of a shell command, quoted where it has to be: ~/.cache/cargo.
std::string shell_word(const std::filesystem::path& path, const std::string& home);

}  // namespace rehome::care
