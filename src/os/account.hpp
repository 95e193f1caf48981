#pragma once

#include <cstdint>
#include <string_view>

namespace rehome::os {

// Whether the group can have no member but the user: by the texts of /etc/passwd and /etc/group no
// other account has it, as its own group or as a further one. Distributions that give each user a
// private group make directories writable for it (umask 002).
bool is_private_group(std::uint32_t group, std::uint32_t user, std::string_view passwd,
                      std::string_view groups);

// The same, reading both files of this system.
bool is_private_group(std::uint32_t group, std::uint32_t user);

}  // namespace rehome::os
