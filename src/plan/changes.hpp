#pragma once

#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace rehome::plan {

// Why the one plan is not the other any more, a sentence each; empty if it still is. Compared are
// version, rules, profile, the set of items that the rules know, kind, device, inode and link text
// of each, the targets and what stands there. What lies in directories, and their times, may
// differ.
std::vector<std::string> changes(const Plan& saved, const Plan& now);

}  // namespace rehome::plan
