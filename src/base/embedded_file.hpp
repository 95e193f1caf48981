#pragma once

#include <string_view>

namespace rehome::base {

// A file of the source tree whose text is part of the binary (src/embed.cmake).
struct EmbeddedFile {
    std::string_view name;
    std::string_view text;
};

}  // namespace rehome::base
