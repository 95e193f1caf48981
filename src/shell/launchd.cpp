// A property list for launchd: an agent that runs the lines for a POSIX shell at login and hands
// over to launchd what they have set.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

// No two dashes in a row: they would end the comment.
constexpr std::string_view beginning =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
    "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by `rehome print-env launchd`. What is started from the Dock has it from the next login
     on, or once the second line was run:
         rehome print-env launchd > ~/Library/LaunchAgents/rehome.environment.plist
         launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/rehome.environment.plist
-->
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>rehome.environment</string>
    <key>RunAtLoad</key>
    <true/>
    <key>ProgramArguments</key>
    <array>
        <string>/bin/sh</string>
        <string>-c</string>
        <string>)";

constexpr std::string_view end = R"(</string>
    </array>
</dict>
</plist>
)";

// A lone carriage return would be read as a newline.
constexpr auto escapes =
    std::to_array<Escape>({{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\r", "&#13;"}});

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "launchd"};
    std::string script = note_lines("#", snippet.notes);
    for (const Variable& variable : snippet.variables) {
        static_cast<void>(within(limits, variable.name, variable.value));
    }
    static_cast<void>(path_within(limits, snippet));
    for (const PurgeableDirectory& directory : snippet.directories) {
        static_cast<void>(within(limits, "a cache", directory.link));
        static_cast<void>(within(limits, "a cache", directory.target));
    }
    script += lines(Shell::posix, snippet);
    for (const Variable& variable : snippet.variables) {
        script += fmt::format("launchctl setenv {0} \"${0}\"\n", variable.name);
    }
    script += snippet.path.empty() ? "" : "launchctl setenv PATH \"$PATH\"\n";
    return std::string(beginning) + escaped(script, escapes) + std::string(end);
}

}  // namespace

Form launchd_form() {
    return {.name = "launchd",
            .about = "macOS: a LaunchAgent, for what is started from the Dock",
            .write = write};
}

}  // namespace rehome::shell
