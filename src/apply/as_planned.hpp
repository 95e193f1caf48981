#pragma once

#include "os/read_fs.hpp"
#include "plan/plan.hpp"

#include <filesystem>

namespace rehome::apply {

// Between the plan and the locks time has passed: a question was answered, a build was waited for.
// Throws Error(refused) where an item, a target, a compat link or a home is no longer as the plan
// saw it, or another transaction of these homes was begun. Changes nothing. `state` is rehome's.
void require_as_planned(const os::ReadFs& fs, const plan::Plan& plan,
                        const std::filesystem::path& state);

}  // namespace rehome::apply
