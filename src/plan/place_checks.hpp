#pragma once

#include "plan/finding.hpp"
#include "plan/inventory.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace rehome::plan {

// The findings about the places that the items go to and about the filesystems below them. Pure.
std::vector<Finding> check_places(const Inventory& inventory, const Request& request);

// How a message names the item, and the option with which it stays where it is.
std::string words_of(const Item& item);
std::string leaving_out(const Item& item);

// Whether one directory lies in the other or is it, part by part.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& directory);

}  // namespace rehome::plan
