#include "plan/step.hpp"

#include <algorithm>
#include <array>

namespace rehome::plan {

namespace {

constexpr std::array<std::string_view, 3> way_words{"rename", "copy", "replace"};
constexpr std::array<std::string_view, 4> verify_words{"disk", "full", "metadata", "none"};

template <class Enum, class Words>
std::optional<Enum> named(const Words& words, std::string_view name) {
    const auto found = std::ranges::find(words, name);
    return found == words.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - words.begin()));
}

}  // namespace

std::string_view name_of(Way way) {
    return way_words[static_cast<std::size_t>(way)];
}

std::string_view name_of(Verify verify) {
    return verify_words[static_cast<std::size_t>(verify)];
}

std::optional<Way> way_named(std::string_view name) {
    return named<Way>(way_words, name);
}

std::optional<Verify> verify_named(std::string_view name) {
    return named<Verify>(verify_words, name);
}

std::vector<std::string> verify_names() {
    return {verify_words.begin(), verify_words.end()};
}

bool moves_on(const Switch& step) {
    return !step.compat_link.empty();
}

const std::filesystem::path& path_in_home(const Switch& step) {
    return moves_on(step) ? step.compat_link : step.path;
}

bool proves_content(Verify verify) {
    return verify == Verify::disk || verify == Verify::full;
}

}  // namespace rehome::plan
