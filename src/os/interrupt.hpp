#pragma once

namespace rehome::os {

// From now on SIGINT, SIGTERM and SIGHUP set a mark instead of ending the process, and SIGPIPE is
// ignored, so that a transaction is never cut off by a key or a closed pipe.
void catch_interrupts();

// Whether one came.
bool interrupted();

// Throws Error(interrupted) if one came.
void check_interrupt();

}  // namespace rehome::os
