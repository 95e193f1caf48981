#pragma once

#include "journal/store.hpp"
#include "layout/layout.hpp"
#include "plan/inventory.hpp"

#include <filesystem>
#include <vector>

namespace rehome::scan {

// What the journals say of one home, by its path. The newest transaction that is in force counts;
// an unfinished one is named.
plan::Past past_of(const std::vector<journal::Journal>& journals,
                   const std::filesystem::path& home);

// The newest journal in force of that home; null if there is none.
const journal::Journal* in_force(const std::vector<journal::Journal>& journals,
                                 const std::filesystem::path& home);

// Adds the directories that the transaction applied for that home to the wishes of a layout.
void add_applied(layout::Wishes& wishes, const plan::Plan& plan, rust::HomeName home);

}  // namespace rehome::scan
