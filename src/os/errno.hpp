#pragma once

#include <filesystem>
#include <string_view>

namespace rehome::os {

// The one place where errno becomes an Error(io): "could not <verb> '<path>': <reason>". The code
// is a saved copy of errno; a help line is added where the reason has a usual remedy.
[[noreturn]] void throw_errno(int code, std::string_view verb, const std::filesystem::path& path);

// "could not <verb> '<from>' to '<to>': <reason>".
[[noreturn]] void throw_errno(int code, std::string_view verb, const std::filesystem::path& from,
                              const std::filesystem::path& to);

}  // namespace rehome::os
