#include "shell/escape.hpp"

#include <algorithm>

namespace rehome::shell {

std::string escaped(std::string_view text, std::span<const Escape> escapes) {
    std::string result;
    while (!text.empty()) {
        const auto escape = std::ranges::find_if(
            escapes, [&](const Escape& each) { return text.starts_with(each.text); });
        if (escape == escapes.end()) {
            result += text.front();
            text.remove_prefix(1);
        } else {
            result += escape->written;
            text.remove_prefix(escape->text.size());
        }
    }
    return result;
}

}  // namespace rehome::shell
