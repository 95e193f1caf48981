#pragma once

#include "shell/escape.hpp"
#include "shell/snippet.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rehome::shell {

// What a shell does with bytes that are not UTF-8: it keeps them, it wants them as Python's
// surrogates, or it has no way to say them.
enum class OddBytes { kept, surrogates, impossible };

// How a shell writes a value between the double quotes of its template.
struct Dialect {
    Shell shell;
    std::string_view name;            // shell-snippets/<name>.* is its template
    std::string_view home;            // $HOME
    std::span<const Escape> escapes;  // between double quotes
    OddBytes odd_bytes = OddBytes::kept;
};

// All of them, in the order in which they are listed to a person.
std::span<const Dialect> dialects();

const Dialect& dialect_of(Shell shell);

// The value as it stands between double quotes, relative to $HOME where it is `home` or lies below.
// Nothing where the shell cannot say it.
std::optional<std::string> between_quotes(const Dialect& dialect, std::string_view value,
                                          std::string_view home);

}  // namespace rehome::shell
