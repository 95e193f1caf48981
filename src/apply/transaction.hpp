#pragma once

#include "apply/session.hpp"
#include "journal/store.hpp"

#include <string>
#include <vector>

namespace rehome::apply {

// Applies the plan as one transaction and returns its id. When it returns, every item of the plan
// is at its target with a link at its old path, and that is on the disk. Throws
//   Error(busy)       a lock or a tool did not let go in time; nothing was touched
//   Error(refused)    the homes are not as the plan says; nothing was touched
//   Error(io), Error(interrupted)  it failed, and everything was put back
//   Error(attention)  putting back failed as well, or the journal is unknown: resume or roll back
// `known` are the ids that are taken.
std::string apply(const Context& context, plan::Plan plan, const std::vector<std::string>& known);

// Whether resume() has something to do: an unfinished transaction, or one in force that was killed
// before it was settled what becomes of its originals and of the links at former targets.
bool is_resumable(const journal::Journal& journal);

// Goes on where an interrupted transaction stopped, in the direction of its last record. Throws as
// apply() and roll_back() do.
void resume(const Context& context, const journal::Journal& journal);

}  // namespace rehome::apply
