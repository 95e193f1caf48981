#pragma once

#include "cli/machine.hpp"
#include "plan/plan.hpp"

#include <string>

namespace rehome::cli {

// The plan as a table: per home and category what goes where, how big it is, how it moves and why;
// then what stays. `width` bounds the lines where there is a terminal, 0 leaves them as long as
// they are.
std::string plan_text(const Machine& machine, const plan::Plan& plan, std::size_t width);

// "14 items, 2.1 GiB in 120,000 files", and how they move if not all are renamed; sizes only where
// they were measured.
std::string totals(const plan::Plan& plan);

// "link 14 programs in ~/.local/bin", or "" where the plan does not. What of it is to be removed is
// counted too.
std::string program_links(const Machine& machine, const plan::Plan& plan);

// "all by rename", or "3 by rename and 2 copied to '/disk', 1.9 GiB in 100,000 files".
std::string ways(const plan::Plan& plan);

}  // namespace rehome::cli
