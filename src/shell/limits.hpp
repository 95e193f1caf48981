#pragma once

#include "shell/dialect.hpp"
#include "shell/snippet.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

// Whether a value may hold line ends and other characters that have no print.
enum class Control { refused, allowed };

// What a form has no way to write.
struct Limits {
    std::string_view form;  // its name
    std::vector<std::string_view> forbidden = {};
    Control control = Control::refused;
    OddBytes odd_bytes = OddBytes::impossible;
    bool trims = false;  // a space at the end would be lost
};

// The length of the space at the end of the text, of whatever width, or 0.
std::size_t space_at_end(std::string_view text);

// The text. Throws Error(usage) if it is beyond the limits, naming the form, what it was for, the
// text and what is wrong with it.
const std::string& within(const Limits& limits, std::string_view what, const std::string& text);

// The snippet's entries of PATH with the separator between them, the first in front. Throws as
// within(), and for an entry that holds the separator.
std::string path_within(const Limits& limits, const Snippet& snippet, char separator = ':');

}  // namespace rehome::shell
