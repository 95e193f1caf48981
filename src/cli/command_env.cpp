#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "cli/snippet.hpp"
#include "os/interrupt.hpp"
#include "os/lock.hpp"
#include "shell/rc_block.hpp"
#include "shell/rc_change.hpp"
#include "shell/rc_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <thread>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;
using shell::RcChange;

enum class Verb { install, uninstall };

const Grammar grammar{
    .name = "env",
    .about = "put the lines of print-env into the shells' start-up files",
    .operands = "install | uninstall",
    .operands_min = 1,
    .operands_max = 1,
    .options = {{"dry-run", 'n', "", "show what would change and change nothing"},
                {"yes", 'y', "", "do not ask"},
                {"shell", '\0', "LIST", "these shells alone, such as bash,fish"}},
    .details =
        "install puts a block between two marker lines at the end of the files in which rustup\n"
        "puts its own: of each shell that has start-up files already, and of $SHELL. Doing it\n"
        "twice changes nothing more. uninstall removes the block, and the file is as it was.\n"
        "  posix       ~/.profile\n"
        "  bash        ~/.bashrc; ~/.bash_profile and ~/.bash_login, or else ~/.profile\n"
        "  zsh         .zshenv in $ZDOTDIR or ~\n"
        "  fish        fish/conf.d/rehome.fish in $XDG_CONFIG_HOME or ~/.config\n"
        "  tcsh        ~/.tcshrc, or ~/.cshrc if that is the one you have\n"
        "  xonsh       xonsh/rc.xsh in $XDG_CONFIG_HOME or ~/.config\n"
        "  powershell  powershell/profile.ps1 in $XDG_CONFIG_HOME or ~/.config\n"
        "  nushell     nushell/config.nu there; it gets the lines themselves: install them again\n"
        "              after `rehome migrate --apply` and `rehome rollback`\n"
        "A file that had lines of your own is kept beside it as NAME.rehome-backup, unless there\n"
        "is one already; uninstall removes it if it equals the file. All files change, or none.\n"
        "Exit codes: 1 failed or you said no, 2 usage, 3 refused, nothing was changed; 4 another\n"
        "`rehome env` is at work; 5 a file could not be put back: run it again.\n"};

Verb verb_of(const Arguments& arguments) {
    const std::string& word = arguments.operands().front();
    if (word != "install" && word != "uninstall") {
        throw Error(Kind::usage,
                    fmt::format("rehome env has no {}{}",
                                base::in_quotes(word),
                                base::did_you_mean(word, {"install", "uninstall"})),
                    "it is install or uninstall");
    }
    return word == "install" ? Verb::install : Verb::uninstall;
}

std::set<shell::Shell> shells_of(const Arguments& arguments) {
    std::set<shell::Shell> shells;
    std::istringstream list(arguments.value("shell").value_or(""));
    for (std::string name; std::getline(list, name, ',');) {
        const std::optional<shell::Shell> found = shell::shell_named(name);
        if (!found) {
            throw Error(Kind::usage,
                        fmt::format("--shell {}: there is no such shell{}",
                                    base::in_quotes(name),
                                    base::did_you_mean(name, shell::shell_names())),
                        fmt::format("the shells are {}", base::listed(shell::shell_names())));
        }
        shells.insert(*found);
    }
    if (arguments.has("shell") && shells.empty()) {
        throw Error(Kind::usage,
                    "--shell names no shell",
                    fmt::format("the shells are {}", base::listed(shell::shell_names())));
    }
    return shells;
}

// Two at once would take each other's names beside the files.
os::FileLock lock_home(const Machine& machine) {
    const std::filesystem::path home = machine.environment.variable("HOME").value_or("/");
    const os::Directory directory = machine.fs.open(home);
    constexpr int tries = 100;
    for (int attempt = 0; attempt < tries; ++attempt) {
        if (std::optional<os::FileLock> lock = os::FileLock::try_lock(directory)) {
            return std::move(*lock);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    throw Error(Kind::busy,
                fmt::format("another `rehome env` is at work: it has locked {}; nothing was "
                            "changed",
                            base::in_quotes(home.native())),
                "wait until it has ended");
}

// With what a run that was cut off has taken out of its place back in it, unless this is a dry run.
shell::RcFile read_file(const Machine& machine, const Arguments& arguments,
                        const shell::RcPlace& place) {
    shell::RcFile file = shell::read_rc_file(machine.fs, place);
    if (arguments.has("dry-run") || !shell::is_aside(machine.fs, file)) {
        return file;
    }
    shell::require_changeable(machine.fs, file, machine.environment.user);
    shell::bring_back(machine.fs, file);
    return shell::read_rc_file(machine.fs, place);
}

// Several names may lead to one file: the first counts.
std::vector<shell::RcFile> files_of(const Machine& machine, const Arguments& arguments,
                                    const std::vector<shell::RcPlace>& places) {
    std::vector<shell::RcFile> files;
    for (const shell::RcPlace& place : places) {
        shell::RcFile file = read_file(machine, arguments, place);
        if (std::ranges::find(files, file.real, &shell::RcFile::real) == files.end()) {
            files.push_back(std::move(file));
        }
    }
    return files;
}

std::vector<RcChange> plan_install(const Machine& machine, const Arguments& arguments) {
    const std::vector<shell::RcPlace> places =
        shell::places_to_install(machine.fs, machine.environment, shells_of(arguments));
    if (places.empty()) {
        throw Error(Kind::usage,
                    "there is no start-up file of a shell that rehome knows, and SHELL names none",
                    fmt::format("name one with --shell: {}", base::listed(shell::shell_names())));
    }
    std::vector<RcChange> changes;
    for (const shell::RcFile& file : files_of(machine, arguments, places)) {
        const shell::Snippet snippet = file.shell == shell::Shell::nushell
                                           ? make_snippet(machine, shell::Use::start_up)
                                           : shell::Snippet();
        changes.push_back(
            shell::plan_install(machine.fs, file, shell::rc_lines(file.shell, snippet)));
    }
    return changes;
}

// What is no file, or a link to nothing, holds no lines of ours.
bool may_hold_lines(const Machine& machine, const shell::RcPlace& place) {
    const std::optional<os::FileInfo> info = machine.fs.look_through(place.path);
    return info ? info->type == os::FileType::file : !machine.fs.look(place.path);
}

std::vector<RcChange> plan_uninstall(const Machine& machine, const Arguments& arguments) {
    std::vector<shell::RcPlace> places =
        shell::places_to_uninstall(machine.environment, shells_of(arguments));
    std::erase_if(places, [&](const shell::RcPlace& place) {
        return !may_hold_lines(machine, place) ||
               !machine.fs.open_if_there(place.path.parent_path());
    });
    std::vector<RcChange> changes;
    for (const shell::RcFile& file : files_of(machine, arguments, places)) {
        changes.push_back(shell::plan_uninstall(machine.fs, file));
    }
    return changes;
}

std::vector<RcChange> make_plan(const Machine& machine, const Arguments& arguments, Verb verb) {
    std::vector<RcChange> changes = verb == Verb::install ? plan_install(machine, arguments)
                                                          : plan_uninstall(machine, arguments);
    for (const RcChange& change : changes) {
        if (change.kind != RcChange::Kind::none || change.has_leftovers) {
            shell::require_changeable(machine.fs, change.file, machine.environment.user);
        }
    }
    return changes;
}

std::string_view name_of(RcChange::Kind kind) {
    switch (kind) {
        case RcChange::Kind::create: return "create";
        case RcChange::Kind::insert: return "insert";
        case RcChange::Kind::replace: return "replace";
        case RcChange::Kind::remove: return "remove";
        case RcChange::Kind::remove_file: return "remove_file";
        case RcChange::Kind::none: break;
    }
    return "none";
}

std::vector<std::string> block_lines(const std::string& text, const std::string& file) {
    std::vector<std::string> lines;
    if (const std::optional<shell::RcBlock> block = shell::find_block(text, file)) {
        std::istringstream input(text.substr(block->begin, block->end - block->begin));
        for (std::string line; std::getline(input, line);) {
            lines.push_back(line);
        }
    }
    return lines;
}

std::string where(const Machine& machine, const RcChange& change) {
    std::string text = short_path(machine, change.file.path.string());
    if (change.file.real.filename() != change.file.path.filename() ||
        machine.fs.look(change.file.path).value_or(os::FileInfo()).type == os::FileType::symlink) {
        text += " -> " + short_path(machine, change.file.real.string());
    }
    return text;
}

void show_change(const Machine& machine, const RcChange& change) {
    if (change.kind == RcChange::Kind::none) {
        return;
    }
    std::string title = where(machine, change);
    title += change.kind == RcChange::Kind::create        ? "  (a new file)"
             : change.kind == RcChange::Kind::remove_file ? "  (the file goes)"
                                                          : "";
    machine.screen.show(title + "\n");
    const std::string name = change.file.path.native();
    for (const std::string& line : block_lines(change.file.text, name)) {
        machine.screen.show(machine.screen.painted(Paint::red, "  - " + base::printable(line)) +
                            "\n");
    }
    for (const std::string& line : block_lines(change.text, name)) {
        machine.screen.show(machine.screen.painted(Paint::green, "  + " + base::printable(line)) +
                            "\n");
    }
}

base::json::object document_of(const std::vector<RcChange>& changes, Verb verb, bool changed,
                               const std::vector<std::string>& left) {
    base::json::array files;
    for (const RcChange& change : changes) {
        const std::string& name = change.file.path.native();
        const auto lines = [&](const std::string& text) {
            base::json::array array;
            for (const std::string& line : block_lines(text, name)) {
                array.emplace_back(base::bytes_to_json(line));
            }
            return array;
        };
        if (change.kind == RcChange::Kind::none && verb == Verb::uninstall) {
            continue;
        }
        const bool differs = change.kind != RcChange::Kind::none;
        files.push_back(base::json::object{
            {"path", base::bytes_to_json(name)},
            {"real_path", base::bytes_to_json(change.file.real.native())},
            {"change", name_of(change.kind)},
            {"removed_lines", differs ? lines(change.file.text) : base::json::array()},
            {"added_lines", differs ? lines(change.text) : base::json::array()}});
    }
    base::json::array kept;
    for (const std::string& one : left) {
        kept.emplace_back(base::bytes_to_json(one));
    }
    return {{"command", "env"},
            {"action", verb == Verb::install ? "install" : "uninstall"},
            {"changed", changed},
            {"files", std::move(files)},
            {"left", std::move(kept)}};
}

bool is_in_path(const Machine& machine) {
    std::istringstream list(machine.environment.variable("PATH").value_or(""));
    for (std::string directory; std::getline(list, directory, ':');) {
        // A shell passes over a directory that it may not enter, too.
        const bool enters = machine.fs.may_read(directory);
        const auto info = enters
                              ? machine.fs.look_through(std::filesystem::path(directory) / "rehome")
                              : std::nullopt;
        if (info && info->type == os::FileType::file && (info->mode & 0111U) != 0) {
            return true;
        }
    }
    return false;
}

void report(const Machine& machine, const std::vector<RcChange>& changes, Verb verb,
            const std::vector<std::string>& left) {
    for (const RcChange& change : changes) {
        const std::string place = where(machine, change);
        switch (change.kind) {
            case RcChange::Kind::none: break;
            case RcChange::Kind::create: machine.screen.verb("Created", place); break;
            case RcChange::Kind::insert: machine.screen.verb("Extended", place); break;
            case RcChange::Kind::replace: machine.screen.verb("Renewed", place); break;
            case RcChange::Kind::remove: machine.screen.verb("Restored", place); break;
            case RcChange::Kind::remove_file: machine.screen.verb("Removed", place); break;
        }
    }
    for (const std::string& one : left) {
        machine.screen.finding({plan::Severity::warn, "left_beside", "", one, ""});
    }
    if (verb == Verb::install) {
        machine.screen.note(fmt::format(
            "{:>12} rehome env uninstall\n{:>12} shells that are started from now on have the "
            "lines",
            "undo with:",
            "next:"));
    }
}

std::size_t differing(const std::vector<RcChange>& changes) {
    return static_cast<std::size_t>(std::ranges::count_if(
        changes, [](const RcChange& change) { return change.kind != RcChange::Kind::none; }));
}

void warn_of_path(const Machine& machine, Verb verb) {
    if (verb == Verb::install && !is_in_path(machine)) {
        machine.screen.finding({plan::Severity::warn,
                                "not_in_path",
                                "",
                                "rehome is in no directory of PATH: the lines do nothing in a "
                                "shell that does not find it",
                                "install it into such a directory, as ~/.local/bin often is"});
    }
}

Exit nothing_to_do(const Machine& machine, const std::vector<RcChange>& changes, Verb verb,
                   const std::vector<std::string>& left) {
    if (machine.screen.is_json()) {
        machine.screen.show(document_of(changes, verb, false, left));
        return Exit::done;
    }
    report(machine, changes, Verb::uninstall, left);
    machine.screen.note(verb == Verb::install
                            ? "nothing to do: the lines are in every file"
                            : "nothing to do: no start-up file has lines of rehome");
    return Exit::done;
}

Exit env(const Machine& machine, const Arguments& arguments) {
    const Verb verb = verb_of(arguments);
    if (arguments.has("dry-run")) {
        const std::vector<RcChange> changes = make_plan(machine, arguments, verb);
        if (machine.screen.is_json()) {
            machine.screen.show(document_of(changes, verb, false, {}));
            return Exit::done;
        }
        for (const RcChange& change : changes) {
            show_change(machine, change);
        }
        warn_of_path(machine, verb);
        machine.screen.note(fmt::format("would change {}; nothing was changed (dry run)",
                                        base::counted(differing(changes), "file")));
        return Exit::done;
    }
    const os::FileLock lock = lock_home(machine);
    const std::vector<RcChange> changes = make_plan(machine, arguments, verb);
    const std::size_t count = differing(changes);
    if (count > 0 && !machine.screen.is_json()) {
        warn_of_path(machine, verb);
    }
    if (count > 0 && !arguments.has("yes")) {
        if (!machine.screen.is_json()) {
            for (const RcChange& change : changes) {
                show_change(machine, change);
            }
        }
        if (!machine.screen.confirm(fmt::format("Change {}?", base::counted(count, "file")))) {
            machine.screen.note("nothing was changed");
            return Exit::failed;
        }
    }
    os::catch_interrupts();
    const std::vector<std::string> left = shell::change_all(machine.fs, changes);
    if (count == 0) {
        return nothing_to_do(machine, changes, verb, left);
    }
    if (machine.screen.is_json()) {
        machine.screen.show(document_of(changes, verb, true, left));
    } else {
        report(machine, changes, verb, left);
    }
    return Exit::done;
}

}  // namespace

Command env_command() {
    return {grammar, env};
}

}  // namespace rehome::cli
