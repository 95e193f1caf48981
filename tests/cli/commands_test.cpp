#include "apply/transaction.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/sample_home.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using support::CommandResult;

namespace {

struct Home {
    support::TempDir directory;

    Home() {
        support::make_sample_home(support::source_directory() / "fixtures/homes/minimal.toml",
                                  directory.path());
    }

    [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
        return support::run(support::rehome_command(directory.path(), arguments));
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the help names every command and every exit code", "[cli]") {
    const Home home;
    const CommandResult help = home.run({"--help"});
    CHECK(help.exit_code == 0);
    for (const char* command : {"migrate",
                                "rollback",
                                "resume",
                                "history",
                                "forget",
                                "print-env",
                                "env",
                                "dirs",
                                "rules",
                                "status",
                                "doctor",
                                "repair",
                                "uninstall-check"}) {
        CHECK(contains(help.out, std::string("  ") + command));
        const CommandResult page = home.run({command, "--help"});
        CHECK(page.exit_code == 0);
        CHECK(contains(page.out, std::string("Usage: rehome ") + command));
    }
    CHECK(contains(help.out, "130 interrupted"));
    CHECK(home.run({"--version"}).out.starts_with("rehome "));
    CHECK(home.run({}).exit_code == 2);
}

TEST_CASE("dirs says where each path comes from and whether it is there", "[cli]") {
    const Home home;
    const CommandResult table = home.run({"dirs"});
    CHECK(table.exit_code == 0);
    CHECK(contains(table.out, "cargo_home"));
    CHECK(contains(table.out, "missing"));
    CHECK(contains(table.out, "default"));
    CHECK(home.run({"dirs", "CARGO_CACHE_HOME"}).out ==
          (home.directory / ".cache/cargo").string() + "\n");
    CHECK(home.run({"dirs", "--lookup", "rfc", "cargo_bin_home"}).out ==
          (home.directory / ".cargo/bin").string() + "\n");
    CHECK(contains(home.run({"dirs", "--lookup", "platform", "--json"}).out, "to be decided") ==
          true);
    const CommandResult unknown = home.run({"dirs", "cargo-cahce"});
    CHECK(unknown.exit_code == 2);
    CHECK(contains(unknown.err, "did you mean 'cargo_cache'"));
}

TEST_CASE("rules are listed, explained and checked", "[cli]") {
    const Home home;
    CHECK(contains(home.run({"rules", "list"}).out, "cargo/registry"));
    const std::string by_item = home.run({"rules", "explain", "cargo/registry/src/x"}).out;
    CHECK(contains(by_item, "cargo/registry/src/x goes with cargo/registry/src\n"));
    CHECK(contains(by_item, "decided by    migrations/cargo.toml:"));
    const std::string by_path =
        home.run({"rules", "explain", (home.directory / ".rustup/toolchains").string()}).out;
    CHECK(contains(by_path, "linked and dated toolchains"));
    CHECK(contains(home.run({"rules", "explain", "cargo/notes"}).out, "no rule names it"));
    support::write_file(home.directory / "bad.toml", "[[item]]\npath = \"cargo/env\"\nkidn = 1\n");
    const CommandResult bad = home.run({"rules", "check", "bad.toml"});
    CHECK(bad.exit_code == 2);
    CHECK(contains(bad.err, "bad.toml:3:1: unknown key 'kidn' (did you mean 'kind'?)"));
    support::write_file(home.directory / "good.toml",
                        "[[item]]\npath = \"cargo/x\"\nkind = \"file\"\ncategory = \"data\"\n");
    CHECK(contains(home.run({"rules", "check", "good.toml"}).out, "adds 1 item and 0 profiles"));
}

TEST_CASE("history tells what was done, and forget what is over", "[cli]") {
    const Home home;
    CHECK(contains(home.run({"history"}).err, "no transactions yet"));
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    CHECK(contains(home.run({"history"}).out, "applied"));
    const CommandResult needed = home.run({"forget", "1", "--yes"});
    CHECK(needed.exit_code == 3);
    CHECK(contains(needed.err, "rehome rollback 1"));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(contains(home.run({"history"}).out, "rolled back"));
    CHECK(home.run({"forget", "1", "--yes"}).exit_code == 0);
    CHECK(contains(home.run({"history"}).err, "no transactions yet"));
    CHECK(home.run({"forget", "7", "--yes"}).exit_code == 2);
}

TEST_CASE("an older transaction waits for the later ones", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    support::write_file(home.directory / ".cargo/env", "x");
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    const CommandResult older = home.run({"rollback", "1", "--yes"});
    CHECK(older.exit_code == 3);
    CHECK(contains(older.err, "transaction 1 is older than 2"));
    const CommandResult newest = home.run({"rollback", "--yes"});
    CHECK(newest.exit_code == 0);
    CHECK(contains(newest.err, "transaction 1 is still applied"));
    CHECK(std::filesystem::is_symlink(home.directory / ".cargo/registry"));
    CHECK(home.run({"rollback", "1", "--yes"}).exit_code == 0);
    CHECK(contains(home.run({"rollback", "--yes"}).err, "nothing to roll back"));
    CHECK(contains(home.run({"resume"}).err, "nothing to resume"));
}

TEST_CASE("print-env permits rustup to copy if tmp and toolchains had to part", "[cli]") {
    for (const bool parted : {false, true}) {
        const support::Migration home("minimal");
        plan::Plan plan = home.plan();
        plan.parted = parted ? std::vector<std::string>{"rustup/tmp"} : std::vector<std::string>{};
        os::Fs fs;
        (void)apply::apply(home.context(fs), plan, {});
        const CommandResult result =
            support::run(support::rehome_command(home.home(), {"print-env", "bash"}));
        CHECK(contains(result.out, "export RUSTUP_PERMIT_COPY_RENAME=\"1\"") == parted);
    }
}

TEST_CASE("print-env speaks of what was applied, and never fails", "[cli]") {
    const Home home;
    const CommandResult before = home.run({"print-env", "bash"});
    CHECK(before.exit_code == 0);
    CHECK(contains(before.out, "# nothing is migrated yet"));
    CHECK_FALSE(contains(before.out, "mkdir"));
    REQUIRE(home.run({"migrate", "--apply", "--yes", "--exclude", "rustup/toolchains"}).exit_code ==
            0);
    const CommandResult after = home.run({"print-env", "bash"});
    CHECK(contains(after.out, "export CARGO_CACHE_HOME=\"$HOME/.cache/cargo\"\n"));
    CHECK(contains(after.out, "mkdir -p -- \"$HOME/.cache/cargo/registry\""));
    CHECK_FALSE(contains(after.out, "RUSTUP_DATA_HOME"));
    CHECK(contains(after.out, "$HOME/.cargo/bin"));

    support::write_file(home.directory / ".cargo/.rehome", "scribble");
    support::write_file(home.directory / ".rustup/.rehome", "scribble");
    const CommandResult damaged = home.run({"print-env", "bash"});
    CHECK(damaged.exit_code == 0);
    CHECK(contains(damaged.out, "# "));

    support::Command homeless = support::rehome_command(home.directory.path(), {"print-env", "sh"});
    CHECK(support::run(homeless).exit_code == 2);
    homeless.arguments = {"print-env", "posix"};
    homeless.variables.erase("HOME");
    const CommandResult nowhere = support::run(homeless);
    CHECK(nowhere.exit_code == 0);
    CHECK(contains(nowhere.out, "# HOME is not set"));
}

TEST_CASE("a bare rollback leaves the user's own links alone", "[cli]") {
    const Home home;
    std::filesystem::create_directory(home.directory / "dotfiles");
    std::filesystem::rename(home.directory / ".cargo/config.toml",
                            home.directory / "dotfiles/config.toml");
    std::filesystem::create_symlink(home.directory / "dotfiles/config.toml",
                                    home.directory / ".cargo/config.toml");
    CHECK(contains(home.run({"rollback", "--yes"}).err, "nothing to roll back"));
    CHECK(std::filesystem::exists(home.directory / "dotfiles/config.toml"));
}

TEST_CASE("a bare rollback takes the transactions of these homes alone", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    support::Command command =
        support::rehome_command(home.directory.path(), {"rollback", "--yes"});
    command.variables["CARGO_HOME"] = (home.directory / "other/cargo").string();
    command.variables["RUSTUP_HOME"] = (home.directory / "other/rustup").string();
    CHECK(contains(support::run(command).err, "nothing to roll back"));
    CHECK(std::filesystem::is_symlink(home.directory / ".cargo/registry"));
}

TEST_CASE("a home whose state directory was lost can still be migrated further", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    std::filesystem::remove_all(home.directory / ".local/state/rehome");
    support::write_file(home.directory / ".cargo/env", "x");
    CHECK(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    CHECK(std::filesystem::is_symlink(home.directory / ".cargo/env"));
}
