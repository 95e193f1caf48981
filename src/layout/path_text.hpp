#pragma once

#include "os/environment.hpp"

#include <string>
#include <string_view>

namespace rehome::layout {

// Paths as text, by the rules of any platform, so that each can be tested on every other.

bool is_absolute(os::Platform platform, std::string_view path);

// One separator between the two.
std::string join(os::Platform platform, std::string_view directory, std::string_view name);

// Without doubled separators, "." parts and a separator at the end. ".." stays: behind a symbolic
// link it means something else than the text says.
std::string tidy(os::Platform platform, std::string_view path);

}  // namespace rehome::layout
