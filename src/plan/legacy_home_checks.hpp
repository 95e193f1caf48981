#pragma once

#include "plan/finding.hpp"
#include "plan/inventory.hpp"

#include <vector>

namespace rehome::plan {

// The findings about homes that are to become their data directories. Pure.
std::vector<Finding> check_legacy_homes(const Inventory& inventory);

}  // namespace rehome::plan
