#pragma once

#include "layout/layout.hpp"
#include "os/environment.hpp"

#include <string>
#include <vector>

namespace rehome::care {

enum class Effect {
    home,      // it names the home
    applied,   // it says what was applied
    in_force,  // a directory comes from it
    unused,    // what was applied, or another variable, counts more
    ignored,   // no absolute path
    told,      // rustup reads it, not rehome
};

std::string_view name_of(Effect effect);

// A variable that is set, and what becomes of it.
struct Variable {
    std::string name;
    std::string value;
    Effect effect = Effect::unused;
};

// All that have to do with the homes, in the order in which people look for them. Pure.
std::vector<Variable> variables_of(const os::Environment& environment,
                                   const layout::Layout& layout);

}  // namespace rehome::care
