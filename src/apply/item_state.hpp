#pragma once

#include "apply/places.hpp"

namespace rehome::apply {

// What an item's two places say, by structure alone: never by inode numbers, which change across
// reboots (PROTOCOL 7). The same answer serves apply, recovery, rollback and status.
enum class ItemState {
    unswitched,  // the thing is at its old path
    switched,    // our link is at the old path, the thing at the target
    half,        // nothing is at the old path, the thing at the target: half an exchange
    conflict,    // a thing is at both
    purged,      // our link is at the old path, nothing at the target
    gone,        // nothing is at either
};

// Looks at both places. A link at the old path is ours by its text, or because it leads to the
// target. An empty directory at the target that the plan replaces counts as nothing while the thing
// is at its old path; one file under both names (a hard link made on the way) is unswitched.
ItemState state_of(const os::ReadFs& fs, const Places& places);

}  // namespace rehome::apply
