#pragma once

#include "os/environment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

enum class Shell { bash, zsh, fish, powershell, posix, nushell, tcsh, xonsh };

struct Variable {
    std::string name;
    std::string value;
};

// A directory of a cache that may be purged behind our back: cargo and rustup do not heal a
// dangling link, so the snippet makes `target` again when `link` is a symbolic link that leads to
// nothing.
struct PurgeableDirectory {
    std::string link;
    std::string target;
    std::optional<std::uint32_t> mode = {};  // of the target, where it is there
};

// A directory that links of the homes lead into.
struct Place {
    std::string path;
    bool is_cache = false;
    std::optional<std::uint32_t> mode = {};  // where it is there
};

// What a form shall say. Every string may hold any byte but NUL. A shell's start-up file takes the
// part up to `home`; the modes and what follows are for the other forms.
struct Snippet {
    std::vector<std::string> notes = {};  // one comment line each, after the header
    std::vector<Variable> variables = {};
    std::vector<std::string> path = {};  // put in front of PATH unless they are in it already
    std::vector<PurgeableDirectory> directories = {};
    std::string home = {};  // paths at or below it are written relative to $HOME; may be empty

    std::vector<Variable> homes = {};      // CARGO_HOME and RUSTUP_HOME, those that are there
    std::vector<Place> places = {};        // no path twice
    std::string state = {};                // rehome's own: without it nothing can be put back
    std::vector<std::string> caches = {};  // what can be downloaded again, with links or without
    os::Platform platform = os::Platform::linux;
};

// Every shell's name as it is given on the command line.
std::vector<std::string> shell_names();

// Nothing if there is no such shell.
std::optional<Shell> shell_named(std::string_view name);

// The lines for the shell, from the template shell-snippets/<name>.*. They open with a comment that
// shows the exact line for that shell's start-up file; sourcing them twice changes nothing more.
std::string render(Shell shell, const Snippet& snippet);

// The same without the comment.
std::string lines(Shell shell, const Snippet& snippet);

// The notes as comment lines after a header, one line each whatever they hold.
std::string note_lines(std::string_view mark, const std::vector<std::string>& notes);

}  // namespace rehome::shell
