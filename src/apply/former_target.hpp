#pragma once

#include "apply/barrier.hpp"
#include "journal/journal.hpp"
#include "os/fs.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace rehome::apply {

// Items that move on: an earlier transaction has moved them to a target, their former one, and this
// plan moves them to another. They are switched like any other, from the former target to the new
// one; then the links in the homes are turned to the new one, and what the switch has left at the
// former one goes. The way back is the same in the other order.

// Turns the links in the homes to the new targets, whose items have to be there on the disk; or
// back to the former ones. A link that a program has replaced is left alone. May be repeated.
void turn_to_new_targets(os::Fs& fs, Barrier& barrier, const plan::Plan& plan,
                         const std::string& id);
void turn_to_former_targets(os::Fs& fs, Barrier& barrier, const plan::Plan& plan,
                            const std::string& id);

// Removes the links that the switch has left at the former targets, and the directories that the
// plan names, if those are empty; returns when that is on the disk. A link at a former target stays
// for as long as the one in the home leads there.
void remove_links_left(os::Fs& fs, const journal::Begin& begin);

// Puts them back where nothing is: the way back begins there.
void restore_links_left(os::Fs& fs, Barrier& barrier, const journal::Begin& begin);

// Those whose former target's filesystem is not mounted where it was when they left it: on the way
// back they can only go to their homes.
std::vector<journal::StraightHome> without_former_target(const os::ReadFs& fs,
                                                         const plan::Plan& plan);

// Throws Error(attention) if there are any.
void require_former_targets_mounted(const os::ReadFs& fs, const plan::Plan& plan);

// Makes the directories of former targets again: as they were where remove_links_left() has removed
// them, else for the user alone.
void make_former_parents(os::Fs& fs, const plan::Plan& plan);

}  // namespace rehome::apply
