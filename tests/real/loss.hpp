#pragma once

#include "real/kept_home.hpp"
#include "real/rust_home.hpp"

#include <set>
#include <string>
#include <vector>

namespace rehome::real {

// What a command ends with, and what it says among others, HOME written as ~.
struct Outcome {
    int exit_code = 0;
    std::vector<std::string> says = {};
};

inline const Outcome works = {};

// How the system says what is in the way of a directory that cargo or rustup makes behind a link,
// and of a file.
inline constexpr const char* exists = "File exists (os error 17)";
inline constexpr const char* missing = "No such file or directory (os error 2)";

// Something that a migrated home loses, and a command there before and after `rehome repair`; both
// are for script().
struct Loss {
    std::string damage;
    std::string command;
    Outcome before;
    Outcome after = {};
    std::set<std::string> left = {};  // what the doctor finds in the end
};

// Runs it as script() and checks its end.
void check_command(const RustHome& rust, const std::string& command, const Outcome& expected);

// Each on the home as it is now, which is restored in the end. No link has changed after the
// repair.
void check_losses(const RustHome& rust, const std::vector<Loss>& losses);

}  // namespace rehome::real
