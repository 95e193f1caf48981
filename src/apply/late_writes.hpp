#pragma once

#include "apply/copy_job.hpp"
#include "apply/session.hpp"

#include <string>

namespace rehome::apply {

// Carries what was written into the original, which is at `original` now, after its last look to
// the target, which is in use. A file at the target that is still as it was copied is replaced in
// one atomic step; where somebody has worked on it since, both are kept and named, the late one
// with `suffix`. What was deleted late stays at the target. Returns the number of names that were
// late.
std::size_t carry_late_writes(const Context& context, const CopyJob& job,
                              const os::Location& original, const os::Location& target,
                              const std::string& suffix);

}  // namespace rehome::apply
