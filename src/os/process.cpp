#include "os/process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/process/args.hpp>
#include <boost/process/async.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/start_dir.hpp>

#include <future>

namespace rehome::os {

namespace process = boost::process;

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
        process::child child(process::exe = program.path.string(),
                             process::args = program.arguments,
                             process::env = variables,
                             process::start_dir = program.working_directory.string(),
                             process::std_in<process::null, process::std_out>
                                 output,
                             process::std_err > process::null,
                             context);
        outcome.started = true;
        context.run_for(program.time_limit);
        if (!context.stopped()) {
            outcome.timed_out = true;
            child.terminate();
            return outcome;
        }
        child.wait();
        outcome.exit_code = child.exit_code();
        outcome.output = output.get();
    } catch (const std::exception&) {
        // A missing program, or one that cannot be executed: `started` tells.
        return outcome;
    }
    return outcome;
}

}  // namespace rehome::os
