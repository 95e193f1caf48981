#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct stat;

namespace rehome::tree {

// As it takes room on the disk now.
std::uint64_t on_disk(const struct stat& status);

// That its copy takes, in blocks of 4 KiB. Holes stay holes.
std::uint64_t room_of(const struct stat& status);

// The path of a name in an open directory (or AT_FDCWD). Costs a call: only for what is told to
// somebody.
std::filesystem::path path_of(int directory, const char* name);

// False where the kernel does not say.
bool are_on_one_mount(int one, int other);

// Whether the caller may read the file.
bool may_read(int directory, const char* name, const struct stat& status);

// The name with its ASCII letters in one case.
std::string in_one_case(std::string_view name);

}  // namespace rehome::tree
