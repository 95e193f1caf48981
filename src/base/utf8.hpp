#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rehome::base {

// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view bytes);

// The index of the first byte that keeps them from being that; nothing if they are.
std::optional<std::size_t> first_odd_byte(std::string_view bytes);

// The bytes as a person can read them on one line: control characters and bytes that are not UTF-8
// appear as \n, \t or \xNN, a backslash as \\ when anything else had to be escaped.
std::string printable(std::string_view bytes);

// printable() in single quotes: how every message names a path or a variable's value.
std::string in_quotes(std::string_view bytes);

// A line of a text to be shown above a caret, so that no column moves: tabs stay, other control
// characters and bytes that are not UTF-8 appear as U+FFFD, one each.
std::string in_its_columns(std::string_view line);

// The number of terminal columns, taking each code point as one.
std::size_t columns(std::string_view text);

// As much of the text as fits into so many columns, taking each code point as one.
std::string_view cut(std::string_view text, std::size_t columns);

}  // namespace rehome::base
