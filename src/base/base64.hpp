#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rehome::base {

// The usual alphabet, padded with '='. Paths that are not UTF-8 travel in JSON in this form.
std::string base64(std::string_view bytes);

// The bytes, or nothing if the text is not exactly what base64() makes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace rehome::base
