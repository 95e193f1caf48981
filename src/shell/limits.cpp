#include "shell/limits.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace rehome::shell {

namespace {

using base::Error;
using base::Kind;

// Characters beyond ASCII that one reader or the other takes for the end of a line, drops or
// refuses. The C1 controls come before them.
constexpr std::array<std::string_view, 5> without_print{
    "\u2028", "\u2029", "\ufeff", "\xEF\xBF\xBE", "\xEF\xBF\xBF"};

constexpr std::array<std::string_view, 17> spaces{" ",
                                                  "\u00a0",
                                                  "\u1680",
                                                  "\u2000",
                                                  "\u2001",
                                                  "\u2002",
                                                  "\u2003",
                                                  "\u2004",
                                                  "\u2005",
                                                  "\u2006",
                                                  "\u2007",
                                                  "\u2008",
                                                  "\u2009",
                                                  "\u200a",
                                                  "\u202f",
                                                  "\u205f",
                                                  "\u3000"};

// The control character at the start of the text, "" where there is none.
std::string_view control_at(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    if (byte(0) < 0x20 || byte(0) == 0x7F) {
        return text.substr(0, 1);
    }
    if (text.size() > 1 && byte(0) == 0xC2 && byte(1) < 0xA0) {
        return text.substr(0, 2);
    }
    for (const std::string_view each : without_print) {
        if (text.starts_with(each)) {
            return each;
        }
    }
    return {};
}

// The first piece of the text that is beyond the limits.
std::optional<std::string_view> obstacle(const Limits& limits, std::string_view text) {
    if (limits.odd_bytes == OddBytes::impossible) {
        if (const auto at = base::first_odd_byte(text)) {
            return text.substr(*at, 1);
        }
    }
    for (const std::string_view forbidden : limits.forbidden) {
        if (const std::size_t at = text.find(forbidden); at != std::string_view::npos) {
            return text.substr(at, forbidden.size());
        }
    }
    for (std::size_t at = 0; limits.control == Control::refused && at < text.size(); ++at) {
        if (const std::string_view control = control_at(text.substr(at)); !control.empty()) {
            return control;
        }
    }
    const std::size_t space = limits.trims ? space_at_end(text) : 0;
    return space > 0 ? std::optional(text.substr(text.size() - space)) : std::nullopt;
}

// Characters that would not show are told by their bytes.
std::string shown(std::string_view piece) {
    if (piece.size() < 2 || control_at(piece).empty()) {
        return base::in_quotes(piece);
    }
    std::string bytes;
    for (const char byte : piece) {
        bytes += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
    }
    return fmt::format("'{}'", bytes);
}

}  // namespace

std::size_t space_at_end(std::string_view text) {
    const auto space =
        std::ranges::find_if(spaces, [&](std::string_view each) { return text.ends_with(each); });
    return space == spaces.end() ? 0 : space->size();
}

const std::string& within(const Limits& limits, std::string_view what, const std::string& text) {
    if (const auto piece = obstacle(limits, text)) {
        throw Error(Kind::usage,
                    fmt::format("{} has no sure way to write {} in {}, for {}",
                                limits.form,
                                shown(*piece),
                                base::in_quotes(text),
                                what),
                    "choose a directory with a plainer name, or write this line by hand");
    }
    return text;
}

std::string path_within(const Limits& limits, const Snippet& snippet, char separator) {
    Limits entry_limits = limits;
    entry_limits.forbidden.emplace_back(&separator, 1);
    std::string path;
    for (const std::string& entry : snippet.path) {
        path += path.empty() ? "" : std::string(1, separator);
        path += within(entry_limits, "PATH", entry);
    }
    return path;
}

}  // namespace rehome::shell
