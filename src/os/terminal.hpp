#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rehome::os {

enum class Stream { in, out, error };

bool is_terminal(Stream stream);

// The width of the terminal behind stdout or stderr; nothing if there is none.
std::optional<int> terminal_width();

// Writes all of the text. A closed pipe is not an error; on stdout every other failure throws
// Error(io), so that nobody takes half an answer for the whole.
void write(Stream stream, std::string_view text);

// One line of stdin without its newline; nothing at the end of input or when interrupted.
std::optional<std::string> read_line();

}  // namespace rehome::os
