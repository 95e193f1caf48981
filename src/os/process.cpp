#include "os/process.hpp"

#include "os/interrupt.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/process/args.hpp>
#include <boost/process/async.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/group.hpp>
#include <boost/process/io.hpp>
#include <boost/process/start_dir.hpp>

#include <algorithm>
#include <future>
#include <thread>

namespace rehome::os {

namespace process = boost::process;

namespace {

using Clock = std::chrono::steady_clock;

// Whether the child has closed its stdout and ended before the deadline, or before Ctrl-C.
bool ends(boost::asio::io_context& context, process::child& child, Clock::time_point deadline) {
    constexpr std::chrono::milliseconds glance{50};
    constexpr std::chrono::milliseconds nap{1};
    const auto is_over = [&] { return Clock::now() >= deadline || interrupted(); };
    while (!context.stopped()) {
        if (is_over()) {
            return false;
        }
        context.run_until(std::min(Clock::now() + glance, deadline));
    }
    std::error_code error;
    while (child.running(error)) {
        if (is_over()) {
            return false;
        }
        std::this_thread::sleep_for(nap);
    }
    return true;
}

}  // namespace

// Every descriptor of ours is close-on-exec. (In Boost 1.81 `limit_handles` would close the child's
// stdout as well when it is a pipe.)

Outcome run(const Program& program) {
    Outcome outcome;
    process::environment variables;
    for (const auto& [name, value] : program.variables) {
        variables[name] = value;
    }
    try {
        boost::asio::io_context context;
        std::future<std::string> output;
        process::group group;
        process::child child(process::exe = program.path.string(),
                             process::args = program.arguments,
                             process::env = variables,
                             process::start_dir = program.working_directory.string(),
                             process::std_in<process::null, process::std_out>
                                 output,
                             process::std_err > process::null,
                             group,
                             context);
        outcome.started = true;
        if (!ends(context, child, Clock::now() + program.time_limit)) {
            outcome.timed_out = true;
            group.terminate();
            child.wait();
            return outcome;
        }
        group.detach();  // its id may be another's by now
        outcome.exit_code = child.exit_code();
        outcome.output = output.get();
    } catch (const std::exception&) {
        // A missing program, or one that cannot be executed: `started` tells.
        return outcome;
    }
    return outcome;
}

}  // namespace rehome::os
