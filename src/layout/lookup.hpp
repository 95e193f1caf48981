#pragma once

#include "os/environment.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rehome::layout {

// The pre-RFC "Split CARGO_HOME" has two tables of where cargo and rustup would look: `rfc` is its
// first phase, `platform` its future possibilities.
enum class Lookup { rfc, platform };

struct Found {
    std::string function;             // "cargo_cache_home"
    std::optional<std::string> path;  // nothing where the pre-RFC leaves it to be decided
    std::string source;               // "CARGO_HOME", "legacy", "default", "to be decided", ...
};

// What each function of the table answers in this environment. `exists` tells whether a path is
// there: the second table takes a legacy directory only then. Throws Error(usage) if HOME is needed
// and missing.
std::vector<Found> look_up(Lookup table, const os::Environment& environment,
                           const std::function<bool(const std::string&)>& exists);

}  // namespace rehome::layout
