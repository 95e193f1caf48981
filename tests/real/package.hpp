#pragma once

#include "real/rust_home.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace rehome::real {

// Makes a package with a program in HOME/<name>; it needs brook, which needs pebble, from the
// registry, and willow from the git repository. With `build_script` it has a build.rs of that text.
std::filesystem::path make_package(const RustHome& rust, std::string_view name,
                                   std::string_view build_script = "");

// What `cargo build -v` said of each crate: "brook" -> "Fresh".
std::map<std::string, std::string> verdicts(const support::CommandResult& build);

// The verdicts on such a package where nothing had to be built.
std::map<std::string, std::string> all_fresh(std::string_view name);

}  // namespace rehome::real
