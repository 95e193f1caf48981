#include "os/interrupt.hpp"

#include "base/error.hpp"

#include <csignal>

namespace rehome::os {

namespace {

volatile std::sig_atomic_t caught = 0;
volatile std::sig_atomic_t tolerated = 0;

void note(int) {
    caught = caught + 1;
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};

    action.sa_handler = note;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        ::sigaction(number, &action, nullptr);
    }
}

void ignore_closed_pipes() {
    std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
    return caught != tolerated;
}

void check_interrupt() {
    if (interrupted()) {
        throw base::Error(base::Kind::interrupted, "interrupted");
    }
}

void tolerate_interrupts() {
    tolerated = caught;
}

}  // namespace rehome::os
