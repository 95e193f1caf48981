#pragma once

#include "apply/session.hpp"
#include "journal/journal.hpp"
#include "tree/measure.hpp"

#include <string>
#include <vector>

namespace rehome::apply {

// What a transaction has kept of an item: its original when it was copied, or what a repair found
// at its target.
struct KeptOriginal {
    std::string item;
    os::Location place;  // beside the item's old path, or beside its target
    tree::TreeSize size;
    bool regenerable = false;
    // Why it may be the last copy: what the target lacks. "" where the target has every name of it.
    std::string lacking;
};

// Those of a transaction in force that are still there, with what their targets lack by name. Walks
// both trees.
std::vector<KeptOriginal> kept_originals(const Context& context, const journal::Journal& journal);

// Deletes them under rehome's own locks. Throws Error(busy), Error(io).
void delete_originals(const Context& context, const journal::Journal& journal,
                      const std::vector<KeptOriginal>& originals);

}  // namespace rehome::apply
