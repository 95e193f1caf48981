#include "cli/run.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

Exit exit_of(Kind kind) {
    switch (kind) {
        case Kind::usage: return Exit::usage;
        case Kind::refused: return Exit::conflicts;
        case Kind::busy: return Exit::busy;
        case Kind::io: return Exit::failed;
        case Kind::interrupted: return Exit::interrupted;
        case Kind::attention:
        case Kind::bug: break;
    }
    return Exit::attention;
}

std::string overview() {
    std::string text = "Splits ~/.cargo and ~/.rustup into the platform's directories, leaves "
                       "links so that cargo\n"
                       "and rustup go on to work, and can always put everything back.\n\n"
                       "Usage: rehome COMMAND [OPTIONS]\n\nCommands:\n";
    for (const Command& command : commands()) {
        text += fmt::format("  {:<16} {}\n", command.grammar.name, command.grammar.about);
    }
    text += "  help             this text, or `rehome help COMMAND`\n\n"
            "Exit codes: 0 done, or nothing to do   1 failed, everything was put back   2 usage\n"
            "            3 conflicts, nothing was touched   4 busy   5 run resume or rollback\n"
            "            6 status, doctor, uninstall-check: they found something\n"
            "            130 interrupted, everything was put back\n";
    return text;
}

const Command& command_named(const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const Command& command : commands()) {
        if (command.grammar.name == name) {
            return command;
        }
        names.push_back(command.grammar.name);
    }
    throw Error(Kind::usage,
                fmt::format("there is no command {}{}",
                            base::in_quotes(name),
                            base::did_you_mean(name, names)),
                "`rehome help` lists the commands");
}

Screen::Color color_of(const Arguments& arguments) {
    const std::string word = arguments.value("color").value_or("auto");
    if (word == "auto") {
        return Screen::Color::automatic;
    }
    if (word != "always" && word != "never") {
        throw Error(Kind::usage,
                    fmt::format("--color {}{}: it is auto, always or never",
                                base::in_quotes(word),
                                base::did_you_mean(word, {"auto", "always", "never"})));
    }
    return word == "always" ? Screen::Color::always : Screen::Color::never;
}

Exit run_command(const Command& command, const std::vector<std::string>& words,
                 const os::Environment& environment, os::Fs& fs, std::optional<Screen>& screen) {
    const Arguments arguments = Arguments::parse(command.grammar, words);
    screen.emplace(Screen::Style{.color = color_of(arguments),
                                 .quiet = arguments.has("quiet"),
                                 .verbose = arguments.has("verbose"),
                                 .json = arguments.has("json")});
    if (arguments.has("help")) {
        screen->show(help_text(command.grammar));
        return Exit::done;
    }
    return command.run({environment, fs, *screen}, arguments);
}

// Also a command that only shows something reads files with those rights: rules, plans, journals.
void refuse_rights_of_another(const os::Environment& environment) {
    if (environment.privileged) {
        throw Error(Kind::refused,
                    "rehome runs with the rights of another user (set-id or file capabilities); "
                    "nothing was read or changed",
                    "install it as an ordinary program: chmod u-s,g-s on it, or setcap -r");
    }
}

Exit run_words(const std::vector<std::string>& words, const os::Environment& environment,
               os::Fs& fs, std::optional<Screen>& screen) {
    if (words.empty()) {
        screen->show(overview());
        return Exit::usage;
    }
    const std::string& name = words.front();
    if (name == "--version" || name == "-V") {
        screen->show("rehome " REHOME_VERSION "\n");
        return Exit::done;
    }
    if (name == "help" || name == "--help" || name == "-h") {
        const bool of_command = words.size() > 1 && words[1] != "help";
        screen->show(of_command ? help_text(command_named(words[1]).grammar) : overview());
        return Exit::done;
    }
    refuse_rights_of_another(environment);
    const Command& command = command_named(name);
    return run_command(command, {words.begin() + 1, words.end()}, environment, fs, screen);
}

}  // namespace

int run(const std::vector<std::string>& words, const os::Environment& environment, os::Fs& fs) {
    std::optional<Screen> screen(Screen::Style{});
    try {
        return static_cast<int>(run_words(words, environment, fs, screen));
    } catch (const Error& error) {
        screen->error(error);
        return static_cast<int>(exit_of(error.kind()));
    } catch (const std::exception& error) {
        screen->error(Error(Kind::bug, fmt::format("unexpected failure: {}", error.what())));
        return static_cast<int>(Exit::attention);
    }
}

}  // namespace rehome::cli
