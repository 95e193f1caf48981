#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::support {

// A POSIX ACL as system.posix_acl_access and system.posix_acl_default hold it. `named` are entries
// for one user or group each: "u:1234:rw", "g:100:r"; owner, group and others come from the
// permission bits, the mask is the union of what it limits. Throws std::runtime_error for an entry
// that has another form.
std::string encode_acl(std::uint32_t mode, const std::vector<std::string>& named);

// "u::rw-,u:1234:rw-,g::r--,m::rw-,o::r--".
std::string acl_text(std::string_view bytes);

}  // namespace rehome::support
