#pragma once

#include "support/command.hpp"

#include <sys/types.h>

#include <mutex>
#include <shared_mutex>

namespace rehome::sweep {

// Closed with the object; a negative number is nothing.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() { close(); }

    [[nodiscard]] int number() const { return number_; }

    void close();

private:
    int number_;
};

// The result of a system call. Throws std::system_error where it is negative.
int checked(int result, const char* what);

struct Streams {
    int in;
    int out;
    int err;
};

struct Launched {
    pid_t process;
    int listener;  // or the negative code of what went wrong
};

// While it is held no process is launched, so that none is born with our open files: rehome keeps
// what it finds in use by somebody. To be held while files of a home are open here.
[[nodiscard]] std::shared_lock<std::shared_mutex> hold_launches();

// Starts the command, in a process group of its own, under the filter of call_filter.hpp. The
// caller answers the listener, closes it and waits for the process. When it returns the process has
// no open files but its streams.
Launched launch(const support::Command& command, const Streams& streams);

}  // namespace rehome::sweep
