#pragma once

#include "layout/layout.hpp"
#include "plan/inventory.hpp"
#include "scan/scan.hpp"
#include "scan/site.hpp"

namespace rehome::scan {

// What a home is and what the journals say of it; its items are another matter.
plan::Home look_at_home(const os::ReadFs& fs, Surveyor& surveyor, const ScanInput& input,
                        const layout::Layout& layout, rust::HomeName name);

}  // namespace rehome::scan
