#pragma once

#include "os/directory.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rehome::os {

// The extended attributes that belong to what a copy has to keep: the user's, capabilities and ACLs
// among them, sorted by name. Left out is what a filesystem or policy gives by itself: SELinux
// labels, an overlay's own marks, btrfs properties.
using Attributes = std::vector<std::pair<std::string, std::string>>;

// Of an open file or directory, which is `at`. Empty where the filesystem has none.
Attributes attributes_of(int descriptor, const Location& at);

// Of a name; a link is not followed.
Attributes attributes_of_name(const Location& at);

// Gives these to the open file. Throws Error(io) naming the attribute that this filesystem does not
// take.
void set_attributes(int descriptor, const Attributes& attributes, const Location& at);

// Takes off the open file what is not among these.
void remove_other_attributes(int descriptor, const Attributes& wanted, const Location& at);

void set_attributes_of_link(const Location& at, const Attributes& attributes);

// Takes off the ACLs that a new name has inherited from its directory.
void remove_inherited_acls(int descriptor);

// 0 for none.
std::uint64_t checksum(const Attributes& attributes);

}  // namespace rehome::os
