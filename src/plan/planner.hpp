#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"

namespace rehome::plan {

// The plan for what the inventory describes: the steps in the order in which they are done, and
// every finding of DESIGN section 4. Pure: the same inventory gives the same plan.
Plan make_plan(const Inventory& inventory, const Request& request);

}  // namespace rehome::plan
