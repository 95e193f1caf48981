#include "base/json.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "support/other_user.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

using namespace rehome;
using support::CommandResult;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string marker = "# >>> rehome env >>>";

// A user's home with bash and zsh in it.
class Home {
public:
    Home() : Home(std::make_unique<support::TempDir>()) {}

    explicit Home(const fs::path& parent) : Home(std::make_unique<support::TempDir>(parent)) {}

    [[nodiscard]] fs::path operator/(std::string_view name) const { return *directory_ / name; }

    [[nodiscard]] const fs::path& path() const { return directory_->path(); }

    [[nodiscard]] support::Command command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "env");
        support::Command command = support::rehome_command(path(), arguments);
        command.variables = variables;
        return command;
    }

    [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
        return support::run(command(arguments));
    }

    // Directories have another time when names in them came and went.
    [[nodiscard]] support::Snapshot snapshot() const {
        support::Snapshot snapshot = support::take_snapshot(path());
        for (auto& [name, entry] : snapshot) {
            entry.mtime = entry.type == "directory" ? 0 : entry.mtime;
        }
        return snapshot;
    }

    // The files that have our lines.
    [[nodiscard]] std::vector<std::string> installed() const {
        std::vector<std::string> found;
        for (const auto& [name, entry] : snapshot()) {
            if (entry.type == "file" && contains(support::read_file(path() / name), marker)) {
                found.push_back(name);
            }
        }
        return found;
    }

    support::Variables variables;

private:
    explicit Home(std::unique_ptr<support::TempDir> directory) : directory_(std::move(directory)) {
        support::write_file(path() / ".profile", "# mine\n");
        support::write_file(path() / ".bashrc", "alias l=ls");
        support::write_file(path() / ".zshrc", "");
        support::write_file(path() / "bin/rehome", "");
        fs::permissions(path() / "bin/rehome", fs::perms::owner_all);
        variables = {{"HOME", path().string()}, {"PATH", (path() / "bin").string()}};
    }

    std::unique_ptr<support::TempDir> directory_;
};

// It is refused before the first change, and the message has this in it.
void require_refused(const Home& home, const std::vector<std::string>& arguments,
                     const std::string& words) {
    const support::Snapshot before = home.snapshot();
    const CommandResult result = home.run(arguments);
    INFO(result.err);
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, words));
    CHECK(contains(result.err, "nothing was changed"));
    CHECK(contains(result.err, "help"));
    CHECK(support::difference(before, home.snapshot()).empty());
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("env install and uninstall, and again", "[env][cli]") {
    const Home home;
    const support::Snapshot before = home.snapshot();
    const CommandResult installed = home.run({"install", "--yes"});
    INFO(installed.err);
    REQUIRE(installed.exit_code == 0);
    CHECK(installed.out.empty());
    CHECK(contains(installed.err, "Extended ~/.profile\n"));
    CHECK(contains(installed.err, "Created ~/.zshenv\n"));
    CHECK(contains(installed.err, "undo with: rehome env uninstall\n"));
    CHECK(home.installed() == Names{".bashrc", ".profile", ".zshenv"});
    CHECK(contains(support::read_file(home / ".bashrc"), "eval \"$(rehome print-env bash)\"\n"));
    CHECK(contains(support::read_file(home / ".profile"), "eval \"$(rehome print-env posix)\"\n"));

    const support::Snapshot once = home.snapshot();
    const CommandResult again = home.run({"install", "--yes"});
    CHECK(again.exit_code == 0);
    CHECK(contains(again.err, "nothing to do"));
    CHECK(support::difference(once, home.snapshot()).empty());
    // There is nothing to ask about either.
    CHECK(home.run({"install"}).exit_code == 0);

    const CommandResult removed = home.run({"uninstall", "--yes"});
    CHECK(removed.exit_code == 0);
    support::Snapshot after = home.snapshot();
    for (auto* snapshot : {&after}) {
        for (const char* name : {".profile", ".bashrc"}) {
            snapshot->at(name).mtime = before.at(name).mtime;
            snapshot->at(name).inode = before.at(name).inode;
        }
    }
    CHECK(support::difference(before, after).empty());
    const CommandResult nothing = home.run({"uninstall"});
    CHECK(nothing.exit_code == 0);
    CHECK(contains(nothing.err, "nothing to do"));
}

TEST_CASE("env shows what it would change, asks, and takes no for an answer", "[env][cli]") {
    const Home home;
    const support::Snapshot before = home.snapshot();
    for (const char* flag : {"--dry-run", "-n"}) {
        const CommandResult dry = home.run({"install", flag});
        CHECK(dry.exit_code == 0);
        CHECK(contains(dry.out, "~/.zshenv  (a new file)\n  + " + marker));
        CHECK(contains(dry.out, "  +     eval \"$(rehome print-env bash)\"\n"));
        CHECK(contains(dry.err, "would change 3 files; nothing was changed (dry run)"));
    }
    const CommandResult mute = home.run({"install"});
    CHECK(mute.exit_code == 2);
    CHECK(contains(mute.err, "--yes"));
    CHECK(support::difference(before, home.snapshot()).empty());

    const auto script = support::which("script");
    if (!script) {
        std::cout << "SKIPPED: script is not installed\n";
        return;
    }
    for (const bool agrees : {false, true}) {
        const support::Command command = home.command({});
        const CommandResult asked =
            support::run({.program = *script,
                          .arguments = {"-qec",
                                        fmt::format("'{}' env install", command.program.string()),
                                        "/dev/null"},
                          .variables = {{"HOME", home.path().string()},
                                        {"PATH", "/usr/bin:/bin"},
                                        {"SHELL", "/bin/sh"}},
                          .working_directory = home.path(),
                          .input = agrees ? "y\n" : "n\n"});
        INFO(asked.out);
        CHECK(contains(asked.out, "Change 3 files?"));
        CHECK(contains(asked.out, "rehome print-env bash"));
        CHECK(asked.exit_code == (agrees ? 0 : 1));
        CHECK(home.installed().size() == (agrees ? 3 : 0));
        if (!agrees) {
            CHECK(support::difference(before, home.snapshot()).empty());
        }
    }
    const CommandResult dry = home.run({"uninstall", "-n"});
    CHECK(contains(dry.out, "~/.zshenv  (the file goes)\n  - " + marker));
    CHECK(home.installed().size() == 3);
}

TEST_CASE("env finds the shells that a user has", "[env][cli]") {
    Home home;
    const auto names = [&](const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"install", "-n", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CommandResult result = home.run(arguments);
        INFO(result.err);
        REQUIRE(result.exit_code == 0);
        const base::json::value document = base::parse_json(result.out);
        CHECK(document.at("schema") == 1);
        CHECK(document.at("changed") == false);
        Names found;
        for (const base::json::value& file : document.at("files").as_array()) {
            CHECK(file.at("added_lines").as_array().size() >= 3);
            found.push_back(
                fs::path(file.at("path").as_string().c_str()).lexically_relative(home.path()));
        }
        return found;
    };
    CHECK(names({}) == Names{".profile", ".bashrc", ".zshenv"});
    home.variables["SHELL"] = "/usr/bin/fish";
    CHECK(names({}) == Names{".profile", ".bashrc", ".zshenv", ".config/fish/conf.d/rehome.fish"});
    CHECK(names({"--shell", "fish"}) == Names{".config/fish/conf.d/rehome.fish"});
    CHECK(names({"--shell", "tcsh,xonsh"}) == Names{".tcshrc", ".config/xonsh/rc.xsh"});
    home.variables["XDG_CONFIG_HOME"] = (home / "conf").string();
    home.variables["ZDOTDIR"] = (home / "zsh").string();
    CHECK(names({"--shell", "fish,zsh,nushell,powershell"}) == Names{"zsh/.zshenv",
                                                                     "conf/fish/conf.d/rehome.fish",
                                                                     "conf/powershell/profile.ps1",
                                                                     "conf/nushell/config.nu"});
    support::write_file(home / ".cshrc", "");
    CHECK(names({"--shell", "tcsh"}) == Names{".cshrc"});
    // A login shell of bash reads the first of three files alone.
    CHECK(names({"--shell", "bash"}) == Names{".profile", ".bashrc"});
    support::write_file(home / ".bash_profile", "");
    CHECK(names({"--shell", "bash"}) == Names{".bashrc", ".bash_profile"});
    // Two names of one file.
    fs::remove(home / ".bash_profile");
    fs::create_symlink(".profile", home / ".bash_profile");
    CHECK(names({}) == Names{".profile", ".bashrc", "conf/fish/conf.d/rehome.fish", ".cshrc"});

    for (const char* word : {"bahs", "", "bash,nosuch"}) {
        const CommandResult wrong = home.run({"install", "--shell", word});
        CHECK(wrong.exit_code == 2);
        CHECK(contains(wrong.err, "--shell"));
    }
    CHECK(contains(home.run({"install", "--shell", "bahs"}).err, "did you mean 'bash'?"));
    CHECK(home.run({"isntall"}).exit_code == 2);
    CHECK(contains(home.run({"isntall"}).err, "did you mean 'install'?"));
    CHECK(home.run({}).exit_code == 2);
    home.variables.erase("HOME");
    CHECK(home.run({"install", "--yes"}).exit_code == 2);
    home.variables["HOME"] = (home / "conf").string();
    fs::create_directory(home / "conf");
    home.variables["SHELL"] = "/bin/unheard-of";
    home.variables.erase("ZDOTDIR");
    const CommandResult none = home.run({"install", "--yes"});
    CHECK(none.exit_code == 2);
    CHECK(contains(none.err, "--shell"));
}

TEST_CASE("env uninstall finds lines that other variables led to", "[env][cli]") {
    Home home;
    home.variables["XDG_CONFIG_HOME"] = "relative";
    REQUIRE(home.run({"install", "--yes", "--shell", "fish"}).exit_code == 0);
    CHECK(home.installed() == Names{".config/fish/conf.d/rehome.fish"});
    home.variables["XDG_CONFIG_HOME"] = (home / "conf").string();
    const CommandResult removed = home.run({"uninstall", "--yes", "--json"});
    REQUIRE(removed.exit_code == 0);
    const base::json::value document = base::parse_json(removed.out);
    CHECK(document.at("changed") == true);
    CHECK(document.at("files").at(0).at("change") == "remove_file");
    CHECK_FALSE(fs::exists(home / ".config"));
}

TEST_CASE("nushell gets the lines themselves, and newer ones in their place", "[env][cli]") {
    const Home home;
    fs::create_directories(home / ".cargo/bin");
    support::write_file(home / ".config/nushell/config.nu", "above\n");
    REQUIRE(home.run({"install", "--yes", "--shell", "nushell"}).exit_code == 0);
    const std::string path = home / ".config/nushell/config.nu";
    const std::string first = support::read_file(path);
    CHECK(contains(first, "$env.CARGO_CACHE_HOME = $\"($env.HOME)/.cache/cargo\"\n"));
    support::write_file(path, first + "below\n");
    fs::create_directories(home / ".rustup");
    const CommandResult again = home.run({"install", "--yes", "--shell", "nushell"});
    CHECK(again.exit_code == 0);
    CHECK(contains(again.err, "Renewed"));
    const std::string second = support::read_file(path);
    CHECK(contains(second, "RUSTUP_CACHE_HOME"));
    CHECK(second.starts_with("above\n" + marker));
    CHECK(second.ends_with("# <<< rehome env <<<\nbelow\n"));
    REQUIRE(home.run({"uninstall", "--yes"}).exit_code == 0);
    CHECK(support::read_file(path) == "above\nbelow\n");
}

TEST_CASE("env refuses a start-up file that it cannot change safely", "[env][cli]") {
    const Home home;
    SECTION("markers that do not fit together") {
        support::write_file(home / ".bashrc", "a\n\n" + marker + "\nb\n");
        require_refused(
            home, {"install", "--yes"}, (home / ".bashrc").string() + ":3: rehome's lines begin");
        require_refused(
            home, {"uninstall", "--yes"}, (home / ".bashrc").string() + ":3: rehome's lines begin");
    }
    SECTION("a directory") {
        fs::remove(home / ".bashrc");
        fs::create_directory(home / ".bashrc");
        require_refused(home, {"install", "--yes", "--shell", "bash"}, "is not a regular file");
    }
    SECTION("a pipe, that nobody waits at") {
        fs::remove(home / ".bashrc");
        REQUIRE(::mkfifo((home / ".bashrc").c_str(), 0600) == 0);
        require_refused(home, {"install", "--yes"}, "is not a regular file");
        CHECK(home.run({"uninstall", "--yes"}).exit_code == 0);
    }
    SECTION("a link to nothing") {
        fs::remove(home / ".bashrc");
        fs::create_symlink("nowhere", home / ".bashrc");
        require_refused(home, {"install", "--yes"}, "is a link that leads to nothing");
    }
    SECTION("a directory that is a link to nothing") {
        fs::create_symlink("nowhere", home / ".config");
        require_refused(
            home, {"install", "--yes", "--shell", "fish"}, "is a link that leads to nothing");
    }
    SECTION("a file with two names") {
        fs::create_hard_link(home / ".bashrc", home / "other");
        require_refused(home, {"install", "--yes"}, "has 2 names");
    }
    SECTION("a directory that others can write to") {
        fs::permissions(home.path(), fs::perms(0777));
        require_refused(home, {"install", "--yes"}, "is writable by others");
        fs::permissions(home.path(), fs::perms(01777));
        require_refused(home, {"install", "--yes"}, "is writable by others");
    }
    SECTION("behind a link, in a directory that others can write to") {
        fs::create_directory(home / "dot");
        fs::rename(home / ".bashrc", home / "dot/bashrc");
        fs::create_symlink("dot/bashrc", home / ".bashrc");
        fs::permissions(home / "dot", fs::perms(0777));
        require_refused(home, {"install", "--yes"}, "is writable by others");
    }
    SECTION("what a run that was cut off has left, with more in it than the file") {
        support::write_file(home / ".bashrc.rehome-aside", "precious\n");
        require_refused(home, {"install", "--yes"}, "is left of a run that was cut off");
    }
}

TEST_CASE("env refuses the files of another user", "[env][cli]") {
    const auto user = support::OtherUser::or_skip();
    if (!user) {
        return;
    }
    const Home home;
    SECTION("as root, in the home of somebody") {
        user->give(home.path());
        require_refused(home, {"install", "--yes"}, "belongs to user 54321");
    }
    SECTION("as somebody whose .bashrc is root's") {
        const support::InstalledRehome rehome;
        const support::TempDir open("/var/tmp");
        fs::permissions(open.path(), fs::perms(0755));
        fs::create_directory(open / "home");
        for (const char* name : {".profile", ".bashrc"}) {
            support::write_file(open / "home" / name, "x\n");
        }
        user->give(open / "home");
        REQUIRE(::chown((open / "home/.bashrc").c_str(), 0, 0) == 0);
        support::Command command = rehome.does(home.command({"install", "--yes"}));
        command.variables["HOME"] = (open / "home").string();
        command.working_directory = open / "home";
        const CommandResult result = support::run(user->as(command));
        INFO(result.err);
        CHECK(result.exit_code == 3);
        CHECK(contains(result.err, ".bashrc' belongs to user 0"));
        CHECK(support::read_file(open / "home/.profile") == "x\n");
        // It works where all is the user's own, also what the user may not write to.
        REQUIRE(::chown((open / "home/.bashrc").c_str(),
                        support::OtherUser::id,
                        support::OtherUser::id) == 0);
        fs::permissions(open / "home/.bashrc", fs::perms(0444));
        const CommandResult done = support::run(user->as(command));
        INFO(done.err);
        CHECK(done.exit_code == 0);
        CHECK(contains(support::read_file(open / "home/.bashrc"), marker));
        CHECK(support::take_snapshot(open / "home").at(".bashrc").mode == 0444);
    }
}

TEST_CASE("env refuses a read-only filesystem, and changes no other file", "[env][cli]") {
    const auto disk = support::mount_or_skip(support::Filesystem::tmpfs);
    if (!disk) {
        return;
    }
    const Home home;
    support::write_file(*disk / "bashrc", "x\n");
    fs::remove(home / ".bashrc");
    fs::create_symlink(*disk / "bashrc", home / ".bashrc");
    const CommandResult remount =
        support::run({.program = "/usr/bin/mount",
                      .arguments = {"-o", "remount,ro,mode=755", disk->path().string()}});
    if (remount.exit_code != 0) {
        std::cout << "SKIPPED: cannot be mounted read-only: " << remount.err << "\n";
        return;
    }
    require_refused(home, {"install", "--yes"}, "read-only");
}

TEST_CASE("env puts a file back that a power cut has left aside", "[env][cli]") {
    for (const char* verb : {"install", "uninstall"}) {
        for (const bool was_old : {true, false}) {
            Home home;
            home.variables["SHELL"] = "/bin/bash";
            if (!was_old) {
                REQUIRE(home.run({"install", "--yes"}).exit_code == 0);
            }
            fs::rename(home / ".bashrc", home / ".bashrc.rehome-aside");
            const CommandResult result = home.run({verb, "--yes"});
            INFO(result.err);
            CHECK(result.exit_code == 0);
            CHECK_FALSE(fs::exists(home / ".bashrc.rehome-aside"));
            REQUIRE(home.run({"uninstall", "--yes"}).exit_code == 0);
            CHECK(support::read_file(home / ".bashrc") == "alias l=ls");
        }
    }
}

TEST_CASE("env warns when no shell would find rehome", "[env][cli]") {
    const Home home;
    fs::permissions(home / "bin/rehome", fs::perms(0600));
    const CommandResult result = home.run({"install", "--yes"});
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "warning: rehome is in no directory of PATH"));
}

TEST_CASE("two installs at once are one", "[env][cli]") {
    for (int round = 0; round < 5; ++round) {
        const Home home;
        support::RunningCommand one(home.command({"install", "--yes"}));
        support::RunningCommand other(home.command({"install", "--yes"}));
        const CommandResult first = one.wait();
        const CommandResult second = other.wait();
        INFO(first.err << second.err);
        CHECK(first.exit_code == 0);
        CHECK(second.exit_code == 0);
        CHECK(home.installed() == Names{".bashrc", ".profile", ".zshenv"});
        const std::string text = support::read_file(home / ".bashrc");
        CHECK(text.find(marker) == text.rfind(marker));
    }
}
