#pragma once

#include "shell/snippet.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

// What print-env says for an ordinary home.
Snippet plain_sample();

// Values with what one form or the other finds special, all absolute paths.
const std::vector<std::string>& hostile_values();

// A snippet that has the values in every part of it, a variable V1, V2, ... for each, and nothing
// else. Everything lies below `root`, which may be empty.
Snippet hostile_sample(const std::vector<std::string>& values, const std::string& root = "");

// Those of the values with which the form does not refuse to write.
std::vector<std::string> sayable(std::string_view form, const std::vector<std::string>& values,
                                 const std::string& root = "");

// What the form of that name writes.
std::string written(std::string_view form, const Snippet& snippet);

}  // namespace rehome::shell
