#pragma once

#include "journal/journal.hpp"
#include "os/read_fs.hpp"
#include "plan/plan.hpp"

#include <vector>

namespace rehome::apply {

// What a rollback of a transaction cannot put back as it is now.
struct Losses {
    std::vector<plan::Switch> purged;     // nothing is left: going back removes the link
    std::vector<plan::Switch> missing;    // not whole, and not called regenerable
    std::vector<plan::Switch> unmounted;  // the target's filesystem is elsewhere
};

// Without the locks another rehome may be moving the items at that moment: then an item may seem to
// be missing, or Error(io) is thrown.
Losses losses_of(const os::ReadFs& fs, const journal::Journal& journal);

enum class Missing { refuse, accept };

// Throws Error(attention) where roll_back() would, before anything is touched.
void require_way_back(const os::ReadFs& fs, const journal::Journal& journal, Missing missing);

}  // namespace rehome::apply
