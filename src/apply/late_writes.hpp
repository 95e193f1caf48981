#pragma once

#include "apply/session.hpp"
#include "tree/compare.hpp"
#include "tree/manifest.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace rehome::apply {

// A tree that something may have been written into since it was copied to where it is used now.
struct LateOriginal {
    os::Location place;                       // where it is now
    const tree::Manifest& manifest;           // of what was copied
    tree::Look look = tree::Look::untouched;  // content: the manifest is of a tree that was equal
    std::vector<std::string> drops = {};      // what was not copied
    std::string suffix = {};                  // of the name that the late one of two versions gets
};

// Carries what was written into the original late to the target, which is in use. A file there that
// is still as it was copied is replaced in one atomic step; where somebody has worked on it since,
// both are kept and named. What was deleted late stays at the target, and what is there already is
// not carried again. Returns the number of names that were late. They are on the disk then.
std::size_t carry_late_writes(const Context& context, const LateOriginal& original,
                              const os::Location& target);

}  // namespace rehome::apply
