#pragma once

#include "sweep/sweep.hpp"

#include <cstddef>
#include <vector>

namespace rehome::sweep {

// An apply to its end. Throws std::runtime_error if that does not exit with 0.
void applied(const Scene& scene);

// Apply and rollback; and both ways on from an apply that was killed when so many tenths of its
// calls were made. The calls are counted on a scene at this site.
std::vector<Subject> subjects(Ground ground, const char* sample, const Site& site = {},
                              const std::vector<std::size_t>& tenths = {5, 8});

}  // namespace rehome::sweep
