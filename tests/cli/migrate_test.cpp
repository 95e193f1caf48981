// The real binary from the command line on to the disk, as a user meets it.
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <thread>

using namespace rehome;
using support::CommandResult;

namespace {

struct Home {
    support::TempDir directory;
    support::Variables variables = support::variables_of(directory.path());

    explicit Home(const char* sample = "minimal") {
        support::make_sample_home(support::source_directory() / "fixtures/homes" /
                                      (std::string(sample) + ".toml"),
                                  directory.path());
        support::write_file(directory / ".cargo/.package-cache", "");
        support::write_file(directory / ".cargo/.package-cache-mutate", "");
    }

    [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
        support::Command command = support::rehome_command(directory.path(), arguments);
        command.variables = variables;
        return support::run(command);
    }

    [[nodiscard]] support::Snapshot snapshot() const {
        return support::take_snapshot(directory.path(), {.except = {".", ".local"}});
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a bare migrate shows the plan and changes nothing", "[cli]") {
    const Home home;
    const support::Snapshot before = support::take_snapshot(home.directory.path());
    const CommandResult result = home.run({"migrate"});
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "config -> ~/.config/cargo\n"));
    CHECK(contains(result.out, "    registry "));
    CHECK(contains(result.out, "rename"));
    CHECK(contains(result.out, "cargo downloads it again"));
    CHECK(contains(result.err, "would move 3 items, "));
    CHECK(result.err.ends_with("nothing was changed (dry run)\n"));
    CHECK(support::difference(before, support::take_snapshot(home.directory.path())) == "");
}

TEST_CASE("the whole plan is one JSON document", "[cli]") {
    const Home home("realistic");
    const CommandResult result = home.run({"migrate", "--json"});
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    const boost::json::object document = boost::json::parse(result.out).as_object();
    CHECK(document.at("schema").as_int64() == 1);
    CHECK_FALSE(document.at("changed").as_bool());
    const boost::json::object& plan = document.at("plan").as_object();
    CHECK(plan.at("items").as_array().size() > 20);
    CHECK(plan.at("findings").as_array()[0].as_object().contains("code"));
}

TEST_CASE("migrate, then rollback, and the homes are as before", "[cli]") {
    for (const char* sample : {"minimal", "realistic"}) {
        const Home home(sample);
        const support::Snapshot before = home.snapshot();
        const CommandResult applied = home.run({"migrate", "--apply", "--yes"});
        INFO(applied.err);
        CHECK(applied.exit_code == 0);
        CHECK(applied.out.empty());
        CHECK(contains(applied.err, "rehome rollback 1"));
        CHECK(contains(home.run({"migrate"}).err, "nothing to do"));
        const CommandResult back = home.run({"rollback", "--yes"});
        INFO(back.err);
        CHECK(back.exit_code == 0);
        CHECK(support::difference(before, home.snapshot()) == "");
    }
}

TEST_CASE("where nobody can be asked, consent is a flag", "[cli]") {
    const Home home;
    for (const auto& arguments : {std::vector<std::string>{"migrate", "--apply"}, {"rollback"}}) {
        if (arguments.front() == "rollback") {
            REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
        }
        const CommandResult result = home.run(arguments);
        CHECK(result.exit_code == 2);
        CHECK(contains(result.err, "--yes"));
    }
    CHECK(std::filesystem::is_symlink(home.directory / ".cargo/registry"));
}

TEST_CASE("a saved plan is applied exactly, or not at all", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--only", "config", "--save-plan", "plan.json"}).exit_code == 0);
    support::write_file(home.directory / ".cargo/audit.toml", "x");
    const CommandResult refused = home.run({"migrate", "--apply", "--yes", "--plan", "plan.json"});
    CHECK(refused.exit_code == 3);
    CHECK(contains(refused.err, "cargo/audit.toml is new"));
    CHECK_FALSE(std::filesystem::is_symlink(home.directory / ".cargo/config.toml"));
    std::filesystem::remove(home.directory / ".cargo/audit.toml");
    CHECK(home.run({"migrate", "--apply", "--yes", "--plan", "plan.json"}).exit_code == 0);
    CHECK(std::filesystem::is_symlink(home.directory / ".cargo/config.toml"));
    CHECK_FALSE(std::filesystem::is_symlink(home.directory / ".cargo/registry"));
}

TEST_CASE("a saved plan is refused under other rules", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--save-plan", "plan.json"}).exit_code == 0);
    support::write_file(home.directory / ".config/rehome/rules/mine.toml",
                        "[[item]]\npath = \"cargo/registry\"\nabout = \"mine\"\n");
    const CommandResult refused = home.run({"migrate", "--apply", "--yes", "--plan", "plan.json"});
    CHECK(refused.exit_code == 3);
    CHECK(contains(refused.err, "digest of the rules"));
}

TEST_CASE("conflicts end with exit 3 and touch nothing", "[cli]") {
    const Home home;
    support::write_file(home.directory / ".config/cargo/config.toml", "x");
    const support::Snapshot before = home.snapshot();
    for (const auto& arguments :
         {std::vector<std::string>{"migrate"}, {"migrate", "--apply", "--yes"}}) {
        const CommandResult result = home.run(arguments);
        CHECK(result.exit_code == 3);
        CHECK(contains(result.err, "error: cargo/config.toml has to go to"));
        CHECK(contains(result.err, "help: "));
    }
    CHECK(support::difference(before, home.snapshot()) == "");
}

TEST_CASE("a user's own rules and profile decide", "[cli]") {
    const Home home;
    support::write_file(home.directory / "rules/mine.toml",
                        "[profiles.mine.items]\n\"cargo/registry\" = \"state\"\n");
    const CommandResult result =
        home.run({"migrate", "--rules", "rules", "--profile", "mine", "--home", "cargo"});
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "state  -> ~/.local/state/cargo\n    registry"));
    CHECK_FALSE(contains(result.out, "toolchains"));
}

TEST_CASE("homes that are their data directories migrate and roll back", "[cli]") {
    Home home("realistic");
    std::filesystem::create_directories(home.directory / ".local/share");
    std::filesystem::rename(home.directory / ".cargo", home.directory / ".local/share/cargo");
    std::filesystem::rename(home.directory / ".rustup", home.directory / ".local/share/rustup");
    home.variables["CARGO_HOME"] = (home.directory / ".local/share/cargo").string();
    home.variables["RUSTUP_HOME"] = (home.directory / ".local/share/rustup").string();
    const support::Snapshot before = support::take_snapshot(home.directory / ".local/share");
    const CommandResult applied = home.run({"migrate", "--apply", "--yes"});
    INFO(applied.err);
    REQUIRE(applied.exit_code == 0);
    CHECK(std::filesystem::is_symlink(home.directory / ".local/share/cargo/registry"));
    CHECK_FALSE(std::filesystem::is_symlink(home.directory / ".local/share/cargo/bin"));
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(support::difference(before, support::take_snapshot(home.directory / ".local/share")) ==
          "");
    CHECK_FALSE(std::filesystem::exists(home.directory / ".config"));
}

TEST_CASE("a home that is a link is followed once", "[cli]") {
    const Home home;
    std::filesystem::rename(home.directory / ".cargo", home.directory / "disk");
    std::filesystem::create_directory_symlink("disk", home.directory / ".cargo");
    const support::Snapshot before = home.snapshot();
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    CHECK(std::filesystem::is_symlink(home.directory / "disk/registry"));
    CHECK(std::filesystem::exists(home.directory / ".cargo/registry/CACHEDIR.TAG"));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(support::difference(before, home.snapshot()) == "");
}

TEST_CASE("our own exported variables are no wish of the user", "[cli]") {
    Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    home.variables["CARGO_CACHE_HOME"] = (home.directory / ".cache/cargo").string();
    home.variables["XDG_CACHE_HOME"] = "/somewhere/else";
    CHECK(contains(home.run({"migrate"}).err, "nothing to do"));
    CHECK(home.run({"dirs", "cargo-cache"}).out ==
          (home.directory / ".cache/cargo").string() + "\n");
}

TEST_CASE("the journal is found whatever XDG_STATE_HOME says later", "[cli]") {
    Home home;
    const support::Snapshot before = home.snapshot();
    home.variables["XDG_STATE_HOME"] = (home.directory / "state one").string();
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    home.variables.erase("XDG_STATE_HOME");
    CHECK(contains(home.run({"history"}).out, "applied"));
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    std::filesystem::remove_all(home.directory / "state one");
    CHECK(support::difference(before, home.snapshot()) == "");
}

TEST_CASE("two rehomes at once: one waits for the other", "[cli]") {
    const Home home("realistic");
    std::vector<std::unique_ptr<support::RunningCommand>> running;
    for (int index = 0; index < 4; ++index) {
        support::Command command =
            support::rehome_command(home.directory.path(), {"migrate", "--apply", "--yes"});
        command.variables = home.variables;
        running.push_back(std::make_unique<support::RunningCommand>(command));
    }
    int moved = 0;
    for (auto& one : running) {
        const CommandResult result = one->wait();
        INFO(result.err);
        // The others see a migrated home, or a plan that no longer holds, or an unfinished
        // transaction.
        CHECK((result.exit_code == 0 || result.exit_code == 3));
        moved += contains(result.err, "Finished") ? 1 : 0;
    }
    CHECK(moved == 1);
    CHECK(std::filesystem::exists(home.directory / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
}

TEST_CASE("a lock that nobody lets go ends with exit 4 and the PID", "[cli]") {
    const Home home;
    const auto flock = support::which("flock");
    if (!flock) {
        WARN("SKIPPED: there is no flock program");
        return;
    }
    support::RunningCommand holder(
        {.program = *flock,
         .arguments = {(home.directory / ".cargo/.package-cache-mutate").string(),
                       "sh",
                       "-c",
                       "echo locked; sleep 60"},
         .variables = home.variables});
    while (holder.out_so_far().empty()) {
        std::this_thread::yield();
    }
    const CommandResult result = home.run({"migrate", "--apply", "--yes", "--wait", "0.1"});
    CHECK(result.exit_code == 4);
    CHECK(contains(result.err, "Blocking waiting for file lock on cargo's package cache"));
    CHECK(contains(result.err, "(held by flock, pid "));
    CHECK_FALSE(std::filesystem::exists(home.directory / ".cache"));
}

TEST_CASE("a plan is never saved over anything but a regular file", "[cli]") {
    const Home home;
    std::filesystem::create_symlink("elsewhere", home.directory / "link");
    const CommandResult result = home.run({"migrate", "--save-plan", "link"});
    CHECK(result.exit_code == 2);
    CHECK(std::filesystem::is_symlink(home.directory / "link"));
    CHECK(home.run({"migrate", "--save-plan", "p.json"}).exit_code == 0);
    CHECK(home.run({"migrate", "--save-plan", "p.json"}).exit_code == 0);
}

TEST_CASE("half an answer is an error", "[cli]") {
    const Home home;
    support::Command command = support::rehome_command(
        home.directory.path(),
        {"-c", "exec \"$0\" rules list >/dev/full", support::rehome_binary().string()});
    command.program = "/bin/sh";
    const CommandResult result = support::run(command);
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "standard output"));
}

TEST_CASE("migrate and rollback notice data that is missing", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    std::filesystem::remove_all(home.directory / ".cache/cargo/registry");
    CHECK(contains(home.run({"migrate"}).err, "where nothing is any more"));
    std::filesystem::remove_all(home.directory / ".local/share/rustup");
    CHECK(home.run({"migrate"}).exit_code == 3);
    CHECK(home.run({"rollback", "-n"}).exit_code == 5);
    const CommandResult forced = home.run({"rollback", "--yes", "--force"});
    CHECK(forced.exit_code == 0);
    CHECK(contains(forced.err,
                   "nothing is left to put back of cargo/registry and rustup/toolchains"));
    CHECK(contains(forced.err, "1 item back at its old place"));
}

TEST_CASE("a profile that parts what was moved as one stops the plan", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    const CommandResult result = home.run({"migrate", "--profile", "tiered"});
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "cargo/registry was moved to"));
    CHECK(contains(result.err, "its parts would now go to different places"));
    CHECK(contains(result.err, "rehome rollback"));
}

TEST_CASE("another profile moves on what it has elsewhere, and nothing else", "[cli]") {
    const std::string first = GENERATE("rfc", "tiered");
    const Home home("realistic");
    const support::Snapshot before = home.snapshot();
    REQUIRE(home.run({"migrate", "--profile", first, "--apply", "--yes"}).exit_code == 0);
    const std::filesystem::path item =
        home.directory / (first == "rfc" ? ".rustup/toolchains" : ".cargo/registry/index");
    const std::string former = std::filesystem::read_symlink(item);
    const CommandResult plan = home.run({"migrate", "--profile", "category"});
    CHECK(contains(plan.out, "now at ~" + former.substr(home.directory.path().string().size())));
    CHECK_FALSE(contains(plan.out, "now at ~/.config"));
    REQUIRE(home.run({"migrate", "--profile", "category", "--apply", "--yes"}).exit_code == 0);
    CHECK(std::filesystem::read_symlink(item) != former);
    CHECK(std::filesystem::exists(item));
    CHECK_FALSE(std::filesystem::exists(former));
    CHECK(contains(home.run({"migrate"}).err, "nothing to do"));
    const CommandResult status = home.run({"status"});
    CHECK(contains(status.out, "profile category"));
    CHECK_FALSE(contains(status.out, former));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(std::filesystem::read_symlink(item) == former);
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(support::difference(before, home.snapshot()) == "");
}

TEST_CASE("what another profile has in the home stays where it was moved, and that is said",
          "[cli]") {
    const Home home("realistic");
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    const CommandResult plan = home.run({"migrate", "--profile", "rfc"});
    CHECK(plan.exit_code == 0);
    CHECK(contains(plan.err, "although by the profile it would be in the home"));
    CHECK(contains(plan.out, "now at ~/.local/share/rustup/toolchains"));
}

TEST_CASE("a cache that moves on leaves no directory of ours behind", "[cli]") {
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    support::write_file(home.directory / ".cache/theirs", "");
    const std::string fast = home.directory / "fast";
    const CommandResult moved = home.run({"migrate", "--cache-dir", fast, "--apply", "--yes"});
    REQUIRE(moved.exit_code == 0);
    CHECK(contains(moved.err, "a link leads there from each old path"));
    CHECK_FALSE(std::filesystem::exists(home.directory / ".cache/cargo"));
    CHECK(std::filesystem::exists(home.directory / ".cache/theirs"));
    // What was applied counts: the new place needs no flag from now on.
    CHECK(contains(home.run({"migrate"}).err, "nothing to do"));
    CHECK(contains(home.run({"print-env", "bash"}).out, "$HOME/fast/cargo"));
    const CommandResult older = home.run({"rollback", "1", "--yes"});
    CHECK(older.exit_code == 3);
    CHECK(contains(older.err, "older than 2"));
    CHECK(home.run({"forget", "1", "--yes"}).exit_code != 0);
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(std::filesystem::exists(home.directory / ".cache/cargo/registry"));
    CHECK_FALSE(std::filesystem::exists(fast));
}

TEST_CASE("rollback with --all undoes every transaction, the newest first", "[cli]") {
    const Home home;
    const support::Snapshot before = home.snapshot();
    CHECK(contains(home.run({"rollback", "--all", "--yes"}).err, "nothing to roll back"));
    CHECK(home.run({"rollback", "--all", "1"}).exit_code == 2);
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    REQUIRE(home.run({"migrate", "--cache-dir", home.directory / "fast", "--apply", "--yes"})
                .exit_code == 0);
    const support::Snapshot migrated = home.snapshot();
    const CommandResult shown = home.run({"rollback", "--all", "--dry-run"});
    CHECK(shown.exit_code == 0);
    CHECK(shown.out.find("transaction 2") < shown.out.find("transaction 1"));
    CHECK(home.run({"rollback", "--all"}).exit_code == 2);
    CHECK(support::difference(migrated, home.snapshot()) == "");
    const CommandResult result = home.run({"rollback", "--all", "--yes", "--json"});
    REQUIRE(result.exit_code == 0);
    const boost::json::object document = boost::json::parse(result.out).as_object();
    CHECK(document.at("transactions") == boost::json::array{"2", "1"});
    CHECK(document.at("changed") == true);
    CHECK(support::difference(before, home.snapshot()) == "");
}
