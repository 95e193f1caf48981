#pragma once

#include "apply/health.hpp"
#include "apply/losses.hpp"
#include "apply/session.hpp"
#include "journal/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rehome::apply {

struct RolledBack {
    Losses losses;
    // What cargo and rustup answer otherwise than before, as Health::changes() says it.
    std::vector<std::string> changes;
};

// Puts every item of the transaction back to its old path as it is now, and removes what the
// transaction made, unless somebody put something into it. Trusts the journal and the disk alone,
// and may be killed and repeated. Where a thing is at both places, the one at the old path stays
// and the other is renamed aside and named. Throws
//   Error(busy), Error(io), Error(interrupted)
//                     a lock was held, or a copy could not be made: all is applied as before
//   Error(attention)  a target's filesystem is not mounted, or data is missing and `missing`
//                     refuses that: nothing was touched; or something stood in the way: call it
//                     again
RolledBack roll_back(const Context& context, const journal::Journal& journal, Missing missing);

// Puts back what was found by its compat links, without a journal: a transaction of its own, which
// only goes back. Returns its id; nothing, and changes nothing, if another rehome has been at work
// there since the links were looked at: then there may be a journal, or no link any more.
std::optional<std::string> roll_back_links(const Context& context, const plan::Plan& plan,
                                           const std::vector<std::string>& known);

// The inner part: our own locks are held, cargo's too where nothing is copied, and the journal is
// open. Its end is the record Closed; where it began at Committed and fails before it has exchanged
// anything, that record again, and it throws as roll_back().
void go_back(const Context& context, const journal::Journal& journal, journal::Writer& writer,
             HomesLock& lock, Health& health);

}  // namespace rehome::apply
