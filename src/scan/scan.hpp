#pragma once

#include "journal/journal.hpp"
#include "os/environment.hpp"
#include "os/read_fs.hpp"
#include "plan/inventory.hpp"
#include "plan/plan.hpp"
#include "rules/rule_set.hpp"

#include <vector>

namespace rehome::scan {

enum class Sizes { measured, left_out };

// What the description is for. look: nothing is to be planned, so no tree is walked but for
// Sizes::measured, and nobody asks which tools are at work. repair: as plan, and the directories of
// targets that are gone are looked at as well.
enum class Purpose { plan, look, repair };

struct ScanInput {
    const os::Environment& environment;
    const rules::RuleSet& rules;
    const std::vector<journal::Journal>& journals;  // all that are known, oldest first
    const plan::Request& request;
    Sizes sizes = Sizes::left_out;
    Purpose purpose = Purpose::plan;
};

// Describes the homes, the targets and what stands in the way. Changes nothing, takes no lock, and
// runs no program on the homes; items that are copied are always walked and measured, with
// Sizes::measured all items are. Throws Error(usage) for variables and flags that hold no usable
// path, Error(io) where the system does not let it look.
plan::Inventory scan(const os::ReadFs& fs, const ScanInput& input);

// The wishes of the request, and what the journals say was applied.
layout::Wishes wishes_with_applied(const os::Environment& environment, const plan::Request& request,
                                   const std::vector<journal::Journal>& journals);

}  // namespace rehome::scan
