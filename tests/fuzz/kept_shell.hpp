#pragma once

#include "shell/snippet.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::fuzz {

// A shell of this machine that is kept running and loads one text after the other, until this
// process ends.
class KeptShell {
public:
    // PATH before a text is loaded.
    static constexpr std::string_view path = "/usr/bin:/bin";

    // How a shell is started, and the lines of its dialect that it is then sent.
    struct Program {
        shell::Shell dialect;
        std::string name;
        std::vector<std::string> arguments;
        std::string reset;  // unsets V0 to V5 and sets PATH to `path`
        std::string load;   // loads the file `text`
        std::string show;   // starts a program that prints V0 to V5, PATH and END, each with a NUL
    };

    // Starts it in its home, a directory of its own.
    KeptShell(Program program, const std::filesystem::path& home);
    KeptShell(const KeptShell&) = delete;
    KeptShell& operator=(const KeptShell&) = delete;
    ~KeptShell() = default;

    // Loads the text as the start-up file would and returns V0 to V5 and PATH, as a program sees
    // them that the shell starts; one that is not set is left out. Ends the run if the shell ends.
    std::vector<std::string> load(std::string_view text);

    [[nodiscard]] shell::Shell dialect() const { return program_.dialect; }

    [[nodiscard]] std::string home() const { return home_.string(); }

private:
    std::string answer();

    Program program_;
    std::filesystem::path home_;
    int to_ = -1;
    int from_ = -1;
};

// One for each dialect whose shell is installed, below TMPDIR; says which are not.
std::vector<std::unique_ptr<KeptShell>> kept_shells();

}  // namespace rehome::fuzz
