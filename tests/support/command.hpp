#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::support {

using Variables = std::map<std::string, std::string, std::less<>>;

// A program with exactly these variables; it inherits nothing of ours but what is named here.
struct Command {
    std::filesystem::path program = {};
    std::vector<std::string> arguments = {};
    Variables variables = {};
    std::filesystem::path working_directory = "/";
    std::string input = {};  // all that stdin holds
    std::chrono::milliseconds time_limit{120'000};
};

struct CommandResult {
    int exit_code = -1;      // -1 where a signal ended it
    int signal = 0;          // the signal that ended it, or 0
    bool timed_out = false;  // at the time limit it and what it started were killed
    std::string out;
    std::string err;
};

// A command that runs beside the test, in a process group of its own; what it writes is read
// all the time, so it never waits for us. Killed with its group when the object goes.
class RunningCommand {
public:
    // Throws std::system_error if the program or the working directory is missing.
    explicit RunningCommand(const Command& command);
    RunningCommand(const RunningCommand&) = delete;
    RunningCommand& operator=(const RunningCommand&) = delete;
    ~RunningCommand();

    [[nodiscard]] int id() const;
    [[nodiscard]] bool is_running();
    // What it has written until now.
    [[nodiscard]] std::string out_so_far() const;
    [[nodiscard]] std::string err_so_far() const;

    // To its process group; nothing happens after its end.
    void send_signal(int number);

    // Returns when it has ended and nobody holds its output open, or at the time limit, which
    // counts from the start.
    CommandResult wait();

private:
    class Process;
    std::unique_ptr<Process> process_;
};

// Runs it to its end.
CommandResult run(const Command& command);

// The built rehome.
std::filesystem::path rehome_binary();

// The root of the source tree.
std::filesystem::path source_directory();

// The program of that name on the PATH of the tests.
std::optional<std::filesystem::path> which(std::string_view name);

// HOME, and the PATH of the tests.
Variables variables_of(const std::filesystem::path& home);

// rehome with variables_of(home), standing in home.
Command rehome_command(const std::filesystem::path& home, std::vector<std::string> arguments);

}  // namespace rehome::support
