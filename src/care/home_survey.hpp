#pragma once

#include "care/survey.hpp"
#include "rules/rule_set.hpp"

#include <optional>
#include <vector>

namespace rehome::care {

// What one look at a home may use.
struct HomeView {
    const os::ReadFs& fs;
    const layout::Layout& layout;
    const std::vector<journal::Journal>& journals;  // that could be read, oldest first
    const rules::RuleSet* rules = nullptr;          // null where they cannot be read
};

// The home, what its transactions have moved, and our own names that lie about. Fills everything
// but `fresh` and the sizes. Throws Error(io) where the system does not let it look.
CaredHome look_at_home(const HomeView& view, rust::HomeName name);

}  // namespace rehome::care
