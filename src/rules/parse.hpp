#pragma once

#include "rules/rule_set.hpp"
#include "rules/toml_reader.hpp"

#include <vector>

namespace rehome::rules {

// The files that the binary carries, in the order of their names.
std::vector<RuleFile> embedded_files();

// Reads the embedded files, then the user's in the given order. A user's entry for a known item or
// profile replaces only the keys that it names; a new one adds. Throws Error(usage) with file, line
// and column for every mistake: a key set twice (both lines are named), an unknown word (the
// nearest is named), a missing key, a path that leaves its home.
RuleSet parse_rules(const std::vector<RuleFile>& embedded, const std::vector<RuleFile>& users);

}  // namespace rehome::rules
