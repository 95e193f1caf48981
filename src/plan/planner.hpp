#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"

namespace rehome::plan {

// The plan for what the inventory describes: the steps in the order in which they are done, and
// every finding of DESIGN section 4. Pure: the same inventory gives the same plan.
Plan make_plan(const Inventory& inventory, const Request& request);

// What a plan that changes something in the home says of it.
PlannedHome planned_home(const Home& home);

// The mode of a directory of the layout that is made for the home: no more open than the home.
std::uint32_t mode_of_directories(std::uint32_t home_mode);

}  // namespace rehome::plan
