#pragma once

#include "cli/machine.hpp"
#include "shell/form.hpp"

namespace rehome::cli {

// What a form shall say of this machine: of what was applied, else of what would be. Read at the
// start of a shell it throws nothing: what is wrong is a note.
shell::Snippet make_snippet(const Machine& machine, shell::Use use);

}  // namespace rehome::cli
