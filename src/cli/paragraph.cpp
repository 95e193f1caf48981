#include "cli/paragraph.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace rehome::cli {

std::string paragraph(std::string_view text, int indent, int width) {
    const std::string margin(static_cast<std::size_t>(indent), ' ');
    std::string result = margin;
    std::size_t used = margin.size();
    bool is_first = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        const std::size_t columns = base::columns(word);
        if (!is_first && width > 0 && used + 1 + columns > static_cast<std::size_t>(width)) {
            result += "\n" + margin;
            used = margin.size();
            is_first = true;
        }
        result += (is_first ? "" : " ") + std::string(word);
        used += columns + (is_first ? 0 : 1);
        is_first = false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result + "\n";
}

}  // namespace rehome::cli
