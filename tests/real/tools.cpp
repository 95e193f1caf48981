#include "real/tools.hpp"

#include "support/files.hpp"

#include <fmt/format.h>

#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;
using support::Command;
using support::CommandResult;

// "cargo build", "rustup toolchain install".
std::string kind_of(const Command& command) {
    std::string kind = command.program.filename().string();
    std::size_t words = 0;
    for (const std::string& argument : command.arguments) {
        const bool has_two = argument == "toolchain" || argument == "component";
        if (words == 0 && argument.starts_with('+')) {
            continue;
        }
        kind += " " + argument;
        if (!has_two || ++words == 2) {
            break;
        }
    }
    return kind;
}

// A process that has ended stays in the table, as a zombie, until it is waited for.
bool is_alive(int process) {
    std::string stat;
    try {
        stat = support::read_file(fmt::format("/proc/{}/stat", process));
    } catch (const std::exception&) {
        return false;
    }
    const std::size_t after_name = stat.rfind(") ");
    return after_name != std::string::npos && stat[after_name + 2] != 'Z' &&
           stat[after_name + 2] != 'X';
}

}  // namespace

Tools::Tools(const RustHome& rust, std::string toolchain, std::chrono::milliseconds longest_thought)
    : rust_(rust), toolchain_(std::move(toolchain)), longest_thought_(longest_thought) {}

Command Tools::command(std::string_view name, std::vector<std::string> arguments) const {
    return command(name, std::move(arguments), rust_.home());
}

Command Tools::command(std::string_view name, std::vector<std::string> arguments,
                       const fs::path& working_directory) const {
    Command command = rust_.command(name, std::move(arguments), working_directory);
    command.variables["RUSTUP_TOOLCHAIN"] = toolchain_;
    return command;
}

std::string Tools::run(const Command& command) {
    std::shared_lock<std::shared_mutex> company;
    if (command.program.parent_path() == rust_.cargo_home() / "bin") {
        think();
        const std::lock_guard entrance(entrance_);
        company = std::shared_lock(company_);
    }
    return run_to_its_end(command);
}

std::string Tools::run_alone(const Command& command) {
    think();
    const std::lock_guard entrance(entrance_);
    const std::lock_guard alone(company_);
    return run_to_its_end(command);
}

std::string Tools::run_to_its_end(const Command& command) {
    const std::string kind = kind_of(command);
    const std::string begun = elapsed();
    support::RunningCommand running(command);
    {
        const std::lock_guard lock(mutex_);
        running_[running.id()] = {kind, Clock::now()};
    }
    const CommandResult result = running.wait();
    const std::lock_guard lock(mutex_);
    running_.erase(running.id());
    if (result.exit_code != 0) {
        throw std::runtime_error(fmt::format("{} {} (from {} to {}) ended with {}, signal {}{}\n"
                                             "{}{}",
                                             command.program.string(),
                                             fmt::join(command.arguments, " "),
                                             begun,
                                             elapsed(),
                                             result.exit_code,
                                             result.signal,
                                             result.timed_out ? ", at the time limit" : "",
                                             result.out,
                                             result.err));
    }
    ++counts_[kind];
    return result.out;
}

void Tools::think() const {
    thread_local std::minstd_rand random(std::random_device{}());
    std::this_thread::sleep_for(longest_thought_ *
                                std::uniform_real_distribution<double>(0, 1)(random));
}

std::string Tools::elapsed() const {
    return fmt::format("{:.3f} s", std::chrono::duration<double>(Clock::now() - start_).count());
}

std::vector<std::string> Tools::running_since(Clock::time_point moment) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> kinds;
    for (const auto& [process, running] : running_) {
        if (running.since <= moment && is_alive(process)) {
            kinds.push_back(running.kind);
        }
    }
    return kinds;
}

void Tools::complain(const std::string& what) {
    const std::lock_guard lock(mutex_);
    trouble_ += fmt::format("after {}: {}\n", elapsed(), what);
}

std::string Tools::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

std::map<std::string, int> Tools::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace rehome::real
