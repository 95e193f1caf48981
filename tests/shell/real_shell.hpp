#pragma once

#include "shell/snippet.hpp"
#include "support/command.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

// A program of this machine that speaks one of the shells, and what it takes to ask it things.
struct RealShell {
    Shell shell;
    std::filesystem::path program;
    std::vector<std::string> arguments;  // these make it read the start-up file
    std::string start_up;                // the file's place below HOME
    std::string clear_path;              // a line that empties PATH
    std::string list_names;              // a line that prints the names of its variables
    bool takes_odd_bytes;                // a value may hold bytes that are not UTF-8
};

// Those that are installed: none, one, or for posix several. Says SKIPPED if there is none.
std::vector<RealShell> installed(Shell shell);

// The lines that the opening comment shows, the one for the start-up file last.
std::vector<std::string> shown_lines(std::string_view rendered);

// What stands around the shown line in the start-up file.
struct StartUp {
    std::string before = {};  // lines above it
    std::string within = {};  // lines that rehome seems to print before the snippet
    std::string after = {};   // lines below it
    int times = 1;            // how often it is there; 0 shows what the shell says without it
};

struct Sourced {
    support::Variables variables;  // what programs see that are started after the start-up file
    support::CommandResult result;
};

// A home in a temporary directory, and beside it a `rehome` that prints what a test wants.
class Stage {
public:
    explicit Stage(const std::string& home_name = "home");

    [[nodiscard]] const std::filesystem::path& home() const { return home_; }

    [[nodiscard]] std::string path_variable() const;

    // Starts the shell on a start-up file with the shown line in it.
    [[nodiscard]] Sourced source(const RealShell& shell, const Snippet& snippet,
                                 const StartUp& start_up = {}) const;

private:
    [[nodiscard]] support::CommandResult run(const RealShell& shell,
                                             const std::vector<std::string>& arguments) const;

    support::TempDir directory_;
    std::filesystem::path home_;
};

}  // namespace rehome::shell
