#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace rehome::support {

// Makes the file with exactly this text, and the directories above it that are missing. Throws
// std::system_error.
void write_file(const std::filesystem::path& path, std::string_view text);

// All of the file. Throws std::system_error.
std::string read_file(const std::filesystem::path& path);

}  // namespace rehome::support
