#pragma once

namespace rehome::os {

// From now on SIGINT, SIGTERM and SIGHUP set a mark instead of ending the process, so that a
// transaction is never cut off by a key.
void catch_interrupts();

// From now on a pipe that the reader has closed is an error of write(2), not a signal.
void ignore_closed_pipes();

// Whether one came that is not tolerated.
bool interrupted();

// Throws Error(interrupted) if one came that is not tolerated.
void check_interrupt();

// Those that came until now are being answered: only a further one counts.
void tolerate_interrupts();

}  // namespace rehome::os
