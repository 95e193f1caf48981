#pragma once

#include "care/home_survey.hpp"

#include <vector>

namespace rehome::care {

// Names of ours in the home and where its items are or were, which no item and no open transaction
// of these journals accounts for. `home` has all its items. Throws Error(io) where the system does
// not let it look.
std::vector<Leftover> leftovers_of(const HomeView& view, const CaredHome& home,
                                   const std::vector<const journal::Journal*>& journals);

}  // namespace rehome::care
