#pragma once

#include "shell/snippet.hpp"
#include "support/command.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

// A program that speaks one of the shells, and what it takes to ask it things.
struct RealShell {
    Shell shell;
    std::filesystem::path program;
    std::vector<std::string> arguments;  // make it read the start-up file; %HOME% is the home
    std::filesystem::path start_up;      // the file's place below HOME
    std::string clear_path;              // a line that empties PATH
    std::string list_names;              // a line that prints its variables' names, or ""
    bool takes_odd_bytes;                // a value may hold bytes that are not UTF-8
};

// Those of this machine: none, one, or for posix several. Says SKIPPED if there is none.
std::vector<RealShell> installed(Shell shell);

// The blocks of indented lines in the opening comment. The last is for the start-up file; what
// comes before is done once.
std::vector<std::string> shown_lines(std::string_view rendered);

// What stands around the shown lines in the start-up file.
struct StartUp {
    std::string before = {};  // lines above them
    std::string within = {};  // lines that rehome seems to print before the snippet
    std::string after = {};   // lines below them
    int times = 1;            // how often they are there; 0 shows what the shell does without
};

struct Sourced {
    support::Variables variables;  // as a program sees them at the end of the start-up file
    std::string out;
    std::string err;
};

// A home in a temporary directory, and beside it a `rehome` that prints what a test wants.
class Stage {
public:
    explicit Stage(const std::string& home_name = "home");

    [[nodiscard]] std::string home() const { return home_.string(); }

    // PATH as the shell finds it.
    [[nodiscard]] std::string path_variable() const;

    // Starts the shell on a start-up file with the shown lines in it.
    [[nodiscard]] Sourced source(const RealShell& shell, const Snippet& snippet,
                                 const StartUp& start_up = {}) const;

private:
    [[nodiscard]] support::CommandResult run(const RealShell& shell,
                                             std::vector<std::string> arguments) const;

    support::TempDir directory_;
    std::filesystem::path home_;
};

}  // namespace rehome::shell
