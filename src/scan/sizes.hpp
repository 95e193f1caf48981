#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"
#include "scan/scan.hpp"

namespace rehome::scan {

// Walks the items and fills their sizes and what they share. What is copied is always walked: it
// takes room and time in proportion to its size. All else only with Sizes::measured.
void measure_items(plan::Inventory& inventory, const plan::Request& request, Sizes sizes);

}  // namespace rehome::scan
