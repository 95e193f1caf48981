#pragma once

#include "cli/arguments.hpp"
#include "cli/machine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rehome::cli {

// What rehome ends with (DESIGN section 7).
enum class Exit {
    done = 0,
    failed = 1,     // and everything was put back
    usage = 2,      // rule and plan files too
    conflicts = 3,  // nothing was touched
    busy = 4,
    attention = 5,      // run resume or rollback
    drift = 6,          // status, doctor, uninstall-check: they found something
    interrupted = 130,  // and everything was put back
};

// A command: how it is called, and what it does. Commands throw base::Error for all that goes
// wrong.
struct Command {
    Grammar grammar;
    std::function<Exit(const Machine&, const Arguments&)> run;
};

// All of them, in the order of the help text.
const std::vector<Command>& commands();

Command migrate_command();
Command rollback_command();
Command resume_command();
Command repair_command();
Command status_command();
Command doctor_command();
Command uninstall_check_command();
Command history_command();
Command forget_command();
Command print_env_command();
Command env_command();
Command dirs_command();
Command rules_command();

}  // namespace rehome::cli
