#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"

#include <vector>

namespace rehome::plan {

// The links to cargo's programs in a directory that others share: `steps` gets a MakeLink for each
// program that has none, a RemoveLink for each of ours that leads nowhere. A name that somebody
// else has there is told and left alone. Pure.
std::vector<Finding> plan_program_links(const Inventory& inventory, std::vector<Step>& steps);

// Whether all programs have their links, and no link leads nowhere; names of others do not count.
bool is_complete(const ProgramLinks& links);

}  // namespace rehome::plan
