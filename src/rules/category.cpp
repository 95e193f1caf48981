#include "rules/category.hpp"

#include <algorithm>

namespace rehome::rules {

namespace {

constexpr std::array<std::string_view, 6> names{"config", "data", "state", "cache", "bin", "keep"};

}  // namespace

std::string_view name_of(Category category) {
    return names[static_cast<std::size_t>(category)];
}

std::optional<Category> category_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<Category>(found - names.begin());
}

}  // namespace rehome::rules
