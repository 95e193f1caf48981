#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rehome::rust {

// The files that a config.toml includes, as it writes them (cargo 1.95: `include` is a string, a
// list of strings, or a list of tables with `path`). Cargo looks for them in CARGO_HOME, not beside
// the real file. Empty where the text is not TOML: telling that is cargo's business.
std::vector<std::string> included_files(std::string_view config);

}  // namespace rehome::rust
