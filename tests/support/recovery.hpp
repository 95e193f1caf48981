#pragma once

#include "os/fs.hpp"
#include "support/migration.hpp"

namespace rehome::support {

enum class Way { back, on };  // `rollback`, or `resume`

const char* word_of(Way way);

// What a user does after a crash, with one command, to the newest transaction. Answers false where
// there is none. Throws what the command throws.
bool recover(const Migration& home, os::Fs& fs, Way way);

}  // namespace rehome::support
