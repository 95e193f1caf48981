#include "care/path_words.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rehome::care {

namespace {

// "~" and what follows HOME, or the path as it is.
std::string shortened(const std::string& path, const std::string& home) {
    const bool is_below = home.size() > 1 && path.starts_with(home) &&
                          (path.size() == home.size() || path[home.size()] == '/');
    return is_below ? "~" + path.substr(home.size()) : path;
}

bool is_plain(std::string_view text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_./+,:@%-";
    return text.find_first_not_of(plain) == std::string_view::npos;
}

bool has_odd_bytes(std::string_view text) {
    return !base::is_utf8(text) || std::ranges::any_of(text, [](unsigned char letter) {
        return letter < 0x20 || letter == 0x7f;
    });
}

// As bash, zsh and ksh read it; nothing in it can steer a terminal.
std::string shell_escaped(std::string_view text) {
    std::string result = "$'";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte >= 0x7f || letter == '\'' || letter == '\\') {
            result += fmt::format("\\{:03o}", byte);
        } else {
            result += letter;
        }
    }
    return result + "'";
}

std::string shell_quoted(std::string_view text) {
    if (has_odd_bytes(text)) {
        return shell_escaped(text);
    }
    std::string result = "'";
    for (const char letter : text) {
        result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return result + "'";
}

}  // namespace

std::string named(const std::filesystem::path& path, const std::string& home) {
    return base::in_quotes(shortened(path.native(), home));
}

std::string shell_word(const std::filesystem::path& path, const std::string& home) {
    std::string text = shortened(path.native(), home);
    if (text.starts_with('~') && is_plain(std::string_view(text).substr(1))) {
        return text;
    }
    return is_plain(path.native()) ? path.native() : shell_quoted(path.native());
}

}  // namespace rehome::care
