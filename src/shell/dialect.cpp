#include "shell/dialect.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rehome::shell {

namespace {

// A '!' leaves the quotes, so that the lines can also be pasted at a prompt with history expansion.
constexpr auto sh_escapes = std::to_array<Escape>(
    {{"\\", "\\\\"}, {"\"", "\\\""}, {"$", "\\$"}, {"`", "\\`"}, {"!", "\"'!'\""}});

constexpr auto fish_escapes = std::to_array<Escape>({{"\\", "\\\\"}, {"\"", "\\\""}, {"$", "\\$"}});

// Curly quotes end a string as the straight one does. Line ends are escaped because PowerShell
// reads what a program prints line by line, and takes a lone \r for the end of one.
constexpr auto powershell_escapes = std::to_array<Escape>({{"`", "``"},
                                                           {"\"", "`\""},
                                                           {"$", "`$"},
                                                           {"\u201c", "`\u201c"},
                                                           {"\u201d", "`\u201d"},
                                                           {"\u201e", "`\u201e"},
                                                           {"\n", "`n"},
                                                           {"\r", "`r"}});

constexpr auto nushell_escapes = std::to_array<Escape>(
    {{"\\", "\\\\"}, {"\"", "\\\""}, {"(", "\\("}, {"\n", "\\n"}, {"\r", "\\r"}});

// Between double quotes tcsh has no escape for most of these, and which it has depends on a
// setting: they leave the quotes. History is expanded in files too. A newline must stay inside.
constexpr auto tcsh_escapes = std::to_array<Escape>({{"\\", "\"\\\\\""},
                                                     {"\"", "\"\\\"\""},
                                                     {"$", "\"\\$\""},
                                                     {"`", "\"\\`\""},
                                                     {"!", "\"\\!\""},
                                                     {"\n", "\\\n"}});

constexpr auto xonsh_escapes = std::to_array<Escape>(
    {{"\\", "\\\\"}, {"\"", "\\\""}, {"{", "{{"}, {"}", "}}"}, {"\n", "\\n"}, {"\r", "\\r"}});

// Only with :q does tcsh take a home with a newline in its name.
constexpr auto all_dialects = std::to_array<Dialect>({
    {Shell::bash, "bash", "$HOME", sh_escapes},
    {Shell::zsh, "zsh", "$HOME", sh_escapes},
    {Shell::fish, "fish", "$HOME", fish_escapes},
    {Shell::powershell, "powershell", "$HOME", powershell_escapes, OddBytes::impossible},
    {Shell::posix, "posix", "$HOME", sh_escapes},
    {Shell::nushell, "nushell", "($env.HOME)", nushell_escapes, OddBytes::impossible},
    {Shell::tcsh, "tcsh", "$HOME:q", tcsh_escapes},
    {Shell::xonsh, "xonsh", "{$HOME}", xonsh_escapes, OddBytes::surrogates},
});

// The path below home with its leading slash, "" for home itself, nothing for any other.
std::optional<std::string_view> below(std::string_view home, std::string_view path) {
    // "/" and "/home/me/" would give other bytes than the path has.
    if (home.empty() || home.ends_with('/') || !path.starts_with(home)) {
        return std::nullopt;
    }
    path.remove_prefix(home.size());
    return path.empty() || path.starts_with('/') ? std::optional(path) : std::nullopt;
}

// The length of the UTF-8 character at the start of the text, 0 where there is none.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (base::is_utf8(text.substr(0, length))) {
            return length;
        }
    }
    return 0;
}

// Bytes that are not UTF-8 as Python writes what it has read of them.
std::string with_surrogates(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        result += length > 0 ? std::string(text.substr(0, length))
                             : fmt::format("\\udc{:02x}", static_cast<unsigned char>(text.front()));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

}  // namespace

std::span<const Dialect> dialects() {
    return all_dialects;
}

const Dialect& dialect_of(Shell shell) {
    const auto found = std::ranges::find(all_dialects, shell, &Dialect::shell);
    base::require(found != all_dialects.end(), "every shell has a dialect");
    return *found;
}

std::optional<std::string> between_quotes(const Dialect& dialect, std::string_view value,
                                          std::string_view home) {
    const auto rest = below(home, value);
    const std::string_view text = rest.value_or(value);
    if (dialect.odd_bytes == OddBytes::impossible && !base::is_utf8(text)) {
        return std::nullopt;
    }
    const std::string written = escaped(text, dialect.escapes);
    return std::string(rest ? dialect.home : "") +
           (dialect.odd_bytes == OddBytes::surrogates ? with_surrogates(written) : written);
}

}  // namespace rehome::shell
