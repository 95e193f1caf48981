#pragma once

#include "layout/layout.hpp"
#include "os/read_fs.hpp"
#include "plan/inventory.hpp"
#include "rules/rule_set.hpp"

#include <vector>

namespace rehome::scan {

// The parts of the item `outer`, or the whole of it, that cargo makes again from other items: those
// that are there, while there is something to make them from.
std::vector<plan::Recreatable> recreatable_parts(const os::ReadFs& fs, const rules::RuleSet& rules,
                                                 const layout::Layout& layout,
                                                 const rules::Rule& outer);

}  // namespace rehome::scan
