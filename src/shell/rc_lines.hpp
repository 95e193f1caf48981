#pragma once

#include "shell/snippet.hpp"

#include <string>

namespace rehome::shell {

// What `env install` puts into the shell's start-up file: the lines that the comment of render()
// shows, under a condition, so that a shell starts without a word where rehome is missing. Nushell
// reads its files before it runs anything: it gets the lines of the snippet themselves, which the
// others ignore.
std::string rc_lines(Shell shell, const Snippet& snippet);

}  // namespace rehome::shell
