#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace rehome::rules {

// Where an item belongs; `keep` leaves it in the home.
enum class Category { config, data, state, cache, bin, keep };

// Those that have a directory.
inline constexpr std::array placed_categories{
    Category::config, Category::data, Category::state, Category::cache, Category::bin};

std::string_view name_of(Category category);

// Nothing if there is no such category.
std::optional<Category> category_named(std::string_view name);

}  // namespace rehome::rules
