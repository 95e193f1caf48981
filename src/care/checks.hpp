#pragma once

#include "care/survey.hpp"
#include "plan/finding.hpp"

#include <vector>

namespace rehome::care {

// Everything that is wrong or soon will be, worst first. `stop`: cargo or rustup fails by it, or
// data is out of reach. The help of each is what mends it: a command, where there is one. Pure.
std::vector<plan::Finding> diagnose(const Survey& survey);

// What the transactions and the homes themselves say.
std::vector<plan::Finding> check_homes(const Survey& survey);

// Items that are not as their transaction has left them, known ones that are new, and cargo's
// locks.
std::vector<plan::Finding> check_items(const Survey& survey);

// PATH and the start-up files.
std::vector<plan::Finding> check_shells(const Survey& survey);

std::vector<plan::Finding> check_permissions(const Survey& survey);

// cargo, rustup and what they need of the layout.
std::vector<plan::Finding> check_tools(const Survey& survey);

// Whether the home was split, all its links are gone, and what was moved lies about: what
// `rustup self uninstall` leaves.
bool is_orphaned(const CaredHome& home);

}  // namespace rehome::care
