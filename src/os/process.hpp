#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rehome::os {

// A program to run with exactly these variables, stdin closed, no descriptor of ours inherited, in
// a process group of its own.
struct Program {
    std::filesystem::path path;
    std::vector<std::string> arguments;
    std::map<std::string, std::string, std::less<>> variables;
    std::filesystem::path working_directory;
    std::chrono::milliseconds time_limit{5000};
};

struct Outcome {
    bool started = false;    // false: it is missing or cannot be executed
    bool timed_out = false;  // it and its group were killed at the time limit, or at an interrupt
    int exit_code = -1;
    std::string output;  // what it wrote to stdout
};

// Runs the program until it has ended and nobody holds its stdout open. Never throws for what the
// program does.
Outcome run(const Program& program);

}  // namespace rehome::os
