#pragma once

#include "plan/finding.hpp"
#include "plan/inventory.hpp"
#include "plan/plan.hpp"

#include <vector>

namespace rehome::plan {

// The findings about the caller, the homes and the tools. Pure.
std::vector<Finding> check_homes(const Inventory& inventory);

// The findings about items that move and what they hold. Pure. `steps` gets a RewriteLink for each
// link that has to be rewritten.
std::vector<Finding> check_items(const Inventory& inventory, std::vector<Step>& steps);

}  // namespace rehome::plan
