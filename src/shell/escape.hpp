#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rehome::shell {

// What has to be written for `text` to be meant.
struct Escape {
    std::string_view text;
    std::string_view written;
};

// The text with each escape in the place of what it is for; the first that fits counts.
std::string escaped(std::string_view text, std::span<const Escape> escapes);

}  // namespace rehome::shell
