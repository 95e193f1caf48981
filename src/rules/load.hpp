#pragma once

#include "os/read_fs.hpp"
#include "rules/parse.hpp"

#include <filesystem>
#include <optional>

namespace rehome::rules {

// The rule files (*.toml) of a directory in the order of their names; none if it does not exist.
std::vector<RuleFile> files_in(const os::ReadFs& fs, const std::filesystem::path& directory);

// The embedded rules, then the user's own directory (which may be missing), then `extra`, which the
// user named and which must exist. Throws Error(usage) as parse_rules() does.
RuleSet load_rules(const os::ReadFs& fs, const std::filesystem::path& users_directory,
                   const std::optional<std::filesystem::path>& extra);

}  // namespace rehome::rules
