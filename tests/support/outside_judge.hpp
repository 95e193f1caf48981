#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace rehome::support {

// What rsync, which knows nothing of rehome, would change in `copy` to make it equal to `original`:
// a line each as its -i prints them, "" if the two are equal in content, type, mode, owner, mtime
// in ns, xattrs, ACLs, link text and hard links. It changes nothing. Where it cannot compare, what
// it complains of is in the text, too. Nothing where there is no rsync; then it has printed
// SKIPPED.
std::optional<std::string> outside_judge(const std::filesystem::path& original,
                                         const std::filesystem::path& copy);

}  // namespace rehome::support
