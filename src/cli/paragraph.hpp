#pragma once

#include <string>
#include <string_view>

namespace rehome::cli {

// The text with so many blanks before each line, broken between words where it is wider than
// `width` columns; 0 leaves it on one line. Ends with a newline.
std::string paragraph(std::string_view text, int indent, int width);

}  // namespace rehome::cli
