#pragma once

#include "plan/finding.hpp"
#include "plan/inventory.hpp"

#include <vector>

namespace rehome::plan {

// The findings about filesystems that have not the room or the inodes for what is made on them: the
// links and directories, the copies, the journal and the manifests of the copies. One for each
// filesystem. Pure.
std::vector<Finding> check_space(const Inventory& inventory);

}  // namespace rehome::plan
