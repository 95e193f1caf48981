#pragma once

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rehome::fuzz {

// Ends the run with both texts unless the condition holds; libFuzzer keeps the input.
inline void hold(bool condition, std::string_view property, std::string_view shown = "") {
    if (!condition) {
        const std::string text = base::printable(shown);
        std::fprintf(stderr,
                     "BROKEN: %.*s\n  with: %s\n",
                     static_cast<int>(property.size()),
                     property.data(),
                     text.c_str());
        std::abort();
    }
}

// What a terminal may be given as it is: UTF-8 without control characters, but for the two named.
inline bool is_fit_for_a_terminal(std::string_view text) {
    return base::is_utf8(text) && std::ranges::none_of(text, [](char each) {
               const auto byte = static_cast<unsigned char>(each);
               return (byte < 0x20 && each != '\n' && each != '\t') || byte == 0x7f;
           });
}

// A refusal is of the promised kind and can be shown to a person.
inline void hold_refusal(const base::Error& error, base::Kind kind) {
    hold(error.kind() == kind, "a refusal is of the promised kind", error.what());
    hold(*error.what() != '\0', "a refusal says why");
    hold(is_fit_for_a_terminal(error.what()), "a message is fit for a terminal", error.what());
}

}  // namespace rehome::fuzz
