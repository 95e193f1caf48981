#pragma once

#include "layout/layout.hpp"
#include "os/read_fs.hpp"
#include "plan/plan.hpp"

namespace rehome::scan {

// A plan of what to put back where no journal tells it: every absolute link in a home, at depth one
// or// two, that leads to a file or directory of its own name on the same filesystem, in a
// directory that the layout gives that home (or that is named after it, in a home with our
// pointer). Links inside bin and toolchains are the user's. Reads the links alone, never rules.
plan::Plan plan_from_links(const os::ReadFs& fs, const layout::Layout& layout);

}  // namespace rehome::scan
