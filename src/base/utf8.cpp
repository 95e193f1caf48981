#include "base/utf8.hpp"

#include <fmt/format.h>

namespace rehome::base {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

bool is_continuation(std::string_view bytes, std::size_t index) {
    return index < bytes.size() && (byte_at(bytes, index) & 0xC0U) == 0x80U;
}

// The length of the well-formed sequence at the index, or 0.
std::size_t sequence_length(std::string_view bytes, std::size_t index) {
    const unsigned first = byte_at(bytes, index);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return is_continuation(bytes, index + 1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        if (!is_continuation(bytes, index + 1) || !is_continuation(bytes, index + 2)) {
            return 0;
        }
        const unsigned second = byte_at(bytes, index + 1);
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        for (std::size_t offset = 1; offset < 4; ++offset) {
            if (!is_continuation(bytes, index + offset)) {
                return 0;
            }
        }
        const unsigned second = byte_at(bytes, index + 1);
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool too_large = first == 0xF4 && second > 0x8F;
        return overlong || too_large ? 0 : 4;
    }
    return 0;
}

bool is_control(unsigned byte) {
    return byte < 0x20 || byte == 0x7F;
}

bool is_plain(std::string_view bytes) {
    for (const char byte : bytes) {
        if (is_control(static_cast<unsigned char>(byte))) {
            return false;
        }
    }
    return is_utf8(bytes);
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    return !first_odd_byte(bytes);
}

std::optional<std::size_t> first_odd_byte(std::string_view bytes) {
    for (std::size_t index = 0; index < bytes.size();) {
        const std::size_t length = sequence_length(bytes, index);
        if (length == 0) {
            return index;
        }
        index += length;
    }
    return std::nullopt;
}

std::string printable(std::string_view bytes) {
    if (is_plain(bytes)) {
        return std::string(bytes);
    }
    std::string text;
    for (std::size_t index = 0; index < bytes.size();) {
        const std::size_t length = sequence_length(bytes, index);
        const unsigned byte = byte_at(bytes, index);
        if (byte == '\n') {
            text += "\\n";
        } else if (byte == '\t') {
            text += "\\t";
        } else if (byte == '\\') {
            text += "\\\\";
        } else if (length == 0 || is_control(byte)) {
            text += fmt::format("\\x{:02x}", byte);
        } else {
            text += bytes.substr(index, length);
        }
        index += length == 0 ? 1 : length;
    }
    return text;
}

std::string in_quotes(std::string_view bytes) {
    return "'" + printable(bytes) + "'";
}

std::string in_its_columns(std::string_view line) {
    std::string text;
    for (std::size_t index = 0; index < line.size();) {
        const std::size_t length = sequence_length(line, index);
        const bool shown = line[index] == '\t' || (length > 0 && !is_control(byte_at(line, index)));
        text += shown ? line.substr(index, length) : "\uFFFD";
        index += length == 0 ? 1 : length;
    }
    return text;
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    for (const char byte : text) {
        const bool continues = (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
        count += continues ? 0 : 1;
    }
    return count;
}

std::string_view cut(std::string_view text, std::size_t columns) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end) {
        const bool continues = (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U;
        if (!continues && ++count > columns) {
            break;
        }
    }
    return text.substr(0, end);
}

}  // namespace rehome::base
