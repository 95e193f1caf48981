#include "cli/far_home.hpp"

#include "support/files.hpp"
#include "support/sample_home.hpp"

#include <fmt/core.h>

#include <thread>
#include <utility>

namespace rehome::cli_tests {

using support::Command;
using support::CommandResult;
using support::RunningCommand;

FarHome::FarHome(support::Filesystem filesystem, support::MountOptions options, const char* sample)
    : mounted_(std::make_unique<support::Mounted>(filesystem, std::move(options))) {
    support::make_sample_home(support::source_directory() / "fixtures/homes" /
                                  (std::string(sample) + ".toml"),
                              directory_.path());
    support::write_file(directory_ / ".cargo/.package-cache", "");
    support::write_file(directory_ / ".cargo/.package-cache-mutate", "");
}

Command FarHome::command(std::vector<std::string> arguments) const {
    return support::rehome_command(directory_.path(), std::move(arguments));
}

CommandResult FarHome::run(std::vector<std::string> arguments) const {
    return support::run(command(std::move(arguments)));
}

Command FarHome::migration(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"migrate",
                                       "--apply",
                                       "--yes",
                                       "--allow-volatile",
                                       "--cache-dir",
                                       (*mounted_ / "cache").string(),
                                       "--data-dir",
                                       (*mounted_ / "data").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command(std::move(arguments));
}

CommandResult FarHome::migrate(const std::vector<std::string>& more) const {
    return support::run(migration(more));
}

support::Snapshot FarHome::snapshot() const {
    return support::take_snapshot(directory_.path(),
                                  {.inodes = support::Inodes::left_out, .except = {".", ".local"}});
}

std::unique_ptr<FarHome> far_home_or_skip(support::Filesystem filesystem,
                                          support::MountOptions options, const char* sample) {
    try {
        return std::make_unique<FarHome>(filesystem, std::move(options), sample);
    } catch (const support::CannotMount& reason) {
        fmt::print("SKIPPED: {}\n", reason.what());
        return nullptr;
    }
}

std::unique_ptr<RunningCommand> started(const std::string& script,
                                        const std::filesystem::path& argument) {
    auto running = std::make_unique<RunningCommand>(
        Command{.program = "/bin/sh",
                .arguments = {"-c", script, "sh", argument.string()},
                .variables = support::variables_of("/")});
    while (running->is_running() && running->out_so_far().empty()) {
        std::this_thread::yield();
    }
    return running;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace rehome::cli_tests
