#pragma once

#include "cli/machine.hpp"
#include "plan/plan.hpp"

#include <string>

namespace rehome::cli {

// Reads what save_plan() has written. Throws Error(usage) for a file that is missing, damaged or of
// another version of rehome, naming it.
plan::Plan read_plan(const Machine& machine, const std::string& file);

// Writes the plan as JSON and says so; what the file held before is replaced in one step. Throws
// Error(usage) where something else than a file is in the way, Error(io).
void save_plan(const Machine& machine, const plan::Plan& plan, const std::string& file);

}  // namespace rehome::cli
