#pragma once

#include "care/survey.hpp"
#include "plan/inventory.hpp"
#include "plan/plan.hpp"

namespace rehome::care {

// The plan that makes a home again what its transactions left, with the means of a transaction:
//   a thing in a link's place   goes to the target; what was there is kept, under another name
//   an empty directory there    gives way to the link
//   a link that is missing      is put back
//   a directory that is gone    is made again at the target; of a file its directory
//   a thing that is back        goes to its target again
//   a known item that is new    goes with the others, unless the user had left it out
//   tokens, open directories    get the modes that they should have
// Nothing is done for a home without a journal or one that was removed, and nothing where a
// filesystem is not mounted. The inventory is one for scan::Purpose::repair of the same moment as
// the survey. Pure.
plan::Plan make_repair(const Survey& survey, plan::Inventory inventory,
                       const plan::Request& request);

// The same from the disk: scans the homes of the survey. What the user has agreed to before
// (--allow-volatile, --rules) holds for what goes to the same places now. Throws as scan::scan().
plan::Plan plan_repair(const os::ReadFs& fs, const Survey& survey, const rules::RuleSet& rules,
                       const std::vector<journal::Journal>& journals);

// What a person runs for it.
inline constexpr const char* repair_command = "rehome repair --apply";

// Whether make_repair() knows how to mend the item, on a home with a journal.
bool is_mendable(const CaredItem& item);

}  // namespace rehome::care
