#pragma once

#include "plan/finding.hpp"
#include "plan/inventory.hpp"
#include "plan/plan.hpp"

#include <vector>

namespace rehome::plan {

// The findings about items that are copied instead of renamed, told before the first byte. Pure.
std::vector<Finding> check_copies(const Inventory& inventory, const Request& request);

}  // namespace rehome::plan
