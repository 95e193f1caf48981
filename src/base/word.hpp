#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::base {

// The candidate that is nearest to the word by edits (insert, delete, replace, swap of neighbours),
// if it is near enough to be a slip: at most a third of the word's length, but always one edit.
std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& candidates);

// " (did you mean 'config'?)", or "" where no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// "a, b and c".
std::string listed(const std::vector<std::string>& words);

}  // namespace rehome::base
