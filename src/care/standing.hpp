#pragma once

#include "apply/places.hpp"
#include "journal/journal.hpp"

#include <string_view>

namespace rehome::care {

// Where an item is now, against what the transaction that moved it has left.
enum class Standing {
    in_place,     // at its old path, and it was not to leave it
    moved,        // our link is at the old path, the thing at the target
    drifted,      // something took the link's place; what was moved is still at the target
    back,         // it is at its old path again, and nothing is at the target
    purged,       // the link leads nowhere
    not_mounted,  // the filesystem of the target is not there
    half,         // the link is gone, the thing is at the target
    conflict,     // of an unfinished transaction: a thing is at both places
    gone,         // nothing is at either place
};

// Stable, for scripts: "not_mounted".
std::string_view name_of(Standing standing);

// For people: "not mounted".
std::string_view words_of(Standing standing);

// Whether that is not how a finished transaction leaves it.
bool is_drift(Standing standing);

// Of an item of this transaction; by structure alone, as recovery sees it.
Standing standing_of(const os::ReadFs& fs, const journal::Journal& journal,
                     const apply::Places& places);

// Of a link that no transaction tells of.
Standing standing_of(const os::ReadFs& fs, const apply::Places& places);

}  // namespace rehome::care
