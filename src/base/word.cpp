#include "base/word.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::base {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> cells((a.size() + 1) * width);
    const auto cell = [&](std::size_t row, std::size_t column) -> std::size_t& {
        return cells[row * width + column];
    };
    for (std::size_t row = 0; row <= a.size(); ++row) {
        for (std::size_t column = 0; column <= b.size(); ++column) {
            if (row == 0 || column == 0) {
                cell(row, column) = row + column;
                continue;
            }
            const std::size_t changed = a[row - 1] == b[column - 1] ? 0U : 1U;
            cell(row, column) = std::min({cell(row - 1, column) + 1,
                                          cell(row, column - 1) + 1,
                                          cell(row - 1, column - 1) + changed});
            if (row > 1 && column > 1 && a[row - 1] == b[column - 2] &&
                a[row - 2] == b[column - 1]) {
                cell(row, column) = std::min(cell(row, column), cell(row - 2, column - 2) + 1);
            }
        }
    }
    return cell(a.size(), b.size());
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& candidates) {
    const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> nearest;
    std::size_t nearest_distance = allowed + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const std::optional<std::string> nearest = nearest_word(word, candidates);
    return nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "";
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (index > 0) {
            text += index + 1 == words.size() ? " and " : ", ";
        }
        text += words[index];
    }
    return text;
}

}  // namespace rehome::base
