// rehome with more rights than its caller should give it: set-id, sudo, homes that others may
// write. What belongs to somebody else must not steer it, whatever the command.
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/other_user.hpp"
#include "support/sample_home.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

struct Home {
    TempDir directory;

    Home() {
        make_sample_home(source_directory() / "fixtures/homes/minimal.toml", directory.path());
        write_file(directory / ".cargo/.package-cache", "");
        write_file(directory / ".cargo/.package-cache-mutate", "");
    }

    [[nodiscard]] Command command(const fs::path& rehome,
                                  std::vector<std::string> arguments) const {
        Command command = rehome_command(directory.path(), std::move(arguments));
        command.program = rehome;
        return command;
    }

    [[nodiscard]] CommandResult run(std::vector<std::string> arguments) const {
        return rehome::support::run(command(rehome_binary(), std::move(arguments)));
    }

    [[nodiscard]] Snapshot snapshot() const {
        return take_snapshot(directory.path(), {.except = {"."}});
    }
};

const std::vector<std::vector<std::string>> commands_that_act{{"migrate", "--apply", "--yes"},
                                                              {"rollback", "--yes"},
                                                              {"rollback", "1", "--yes"},
                                                              {"resume"},
                                                              {"forget", "1", "--yes"}};

}  // namespace

TEST_CASE("a set-id rehome runs no command for its caller", "[cli]") {
    const auto user = OtherUser::or_skip();
    if (!user) {
        return;
    }
    const InstalledRehome ordinary;
    const fs::perms bit = GENERATE(fs::perms::set_uid, fs::perms::set_gid);
    const InstalledRehome set_id(fs::perms(0755) | bit);
    const Home home;
    write_file(home.directory / "secret.toml", "of root alone");
    user->give(home.directory.path());
    ::chown((home.directory / "secret.toml").c_str(), 0, 0);
    fs::permissions(home.directory / "secret.toml", fs::perms(0660));
    REQUIRE(
        run(user->as(home.command(ordinary.path(), {"migrate", "--apply", "--yes"}))).exit_code ==
        0);
    const Snapshot before = home.snapshot();

    std::vector<std::vector<std::string>> all = commands_that_act;
    all.insert(all.end(),
               {{"migrate"},
                {"migrate", "--apply", "--yes", "--plan", home.directory / "secret.toml"},
                {"migrate", "--save-plan", home.directory / "plan"},
                {"rules", "check", home.directory / "secret.toml"},
                {"history"},
                {"dirs"}});
    for (const auto& arguments : all) {
        INFO(arguments.front());
        const CommandResult refused = run(user->as(home.command(set_id.path(), arguments)));
        CHECK(refused.exit_code == 3);
        CHECK(refused.out.empty());
        CHECK(contains(refused.err, "with the rights of another user"));
        CHECK(contains(refused.err, "help: install it as an ordinary program"));
        CHECK_FALSE(contains(refused.err, "of root alone"));
    }
    CHECK(difference(before, home.snapshot()) == "");
    CHECK(run(user->as(home.command(set_id.path(), {"--version"}))).exit_code == 0);
    CHECK(run(user->as(home.command(ordinary.path(), {"rollback", "--yes"}))).exit_code == 0);
}

TEST_CASE("root with the HOME of a user is sent back to that user", "[cli]") {
    const auto user = OtherUser::or_skip();
    if (!user) {
        return;
    }
    const InstalledRehome ordinary;
    const Home home;
    user->give(home.directory.path());
    const auto check_refused = [&](const std::vector<std::string>& arguments) {
        INFO(arguments.front());
        const Snapshot before = home.snapshot();
        const CommandResult refused = home.run(arguments);
        INFO(refused.err);
        CHECK(refused.exit_code == 3);
        CHECK(contains(refused.err,
                       "belongs to user 54321, but rehome runs as user " +
                           std::to_string(::geteuid())));
        CHECK(contains(refused.err, "help: run it as that user, without sudo\n"));
        CHECK(contains(refused.err, "nothing was changed"));
        // One cause, told once.
        CHECK(refused.err.find("error:") == refused.err.rfind("error:"));
        CHECK(difference(before, home.snapshot()) == "");
    };
    for (const auto& arguments : commands_that_act) {
        check_refused(arguments);
    }
    REQUIRE(
        run(user->as(home.command(ordinary.path(), {"migrate", "--apply", "--yes"}))).exit_code ==
        0);
    for (const auto& arguments : commands_that_act) {
        check_refused(arguments);
    }
    CHECK(run(user->as(home.command(ordinary.path(), {"rollback", "--yes"}))).exit_code == 0);
}

TEST_CASE("a journal of another user is not carried out", "[cli]") {
    const auto user = OtherUser::or_skip();
    if (!user) {
        return;
    }
    const Home home;
    REQUIRE(home.run({"migrate", "--apply", "--yes"}).exit_code == 0);
    SECTION("in rehome's state") {
        user->give(home.directory / ".local/state/rehome/transactions/1/journal");
    }
    SECTION("where a home's pointer leads") {
        const fs::path there = home.directory / "elsewhere";
        fs::rename(home.directory / ".local/state/rehome", there);
        write_file(home.directory / ".cargo/.rehome", [&] {
            std::string text = read_file(home.directory / ".cargo/.rehome");
            const std::string old = home.directory / ".local/state/rehome/";
            return text.replace(text.find(old), old.size(), there.string() + "/");
        }());
        user->give(there / "transactions/1/journal");
    }
    const Snapshot before = home.snapshot();
    for (const auto& arguments : {commands_that_act[1], commands_that_act[3]}) {
        const CommandResult refused = home.run(arguments);
        INFO(refused.err);
        CHECK(refused.exit_code == 3);
        CHECK(contains(refused.err, "the journal '"));
        CHECK(contains(refused.err, "belongs to user 54321"));
    }
    CHECK(difference(before, home.snapshot()) == "");
}

TEST_CASE("homes that everybody may write are refused until they are closed", "[cli]") {
    const Home home;
    for (const char* name : {".cargo", ".rustup"}) {
        fs::permissions(home.directory / name, fs::perms(0777));
    }
    const Snapshot before = home.snapshot();
    const CommandResult refused = home.run({"migrate", "--apply", "--yes"});
    CHECK(refused.exit_code == 3);
    CHECK(contains(refused.err, ".cargo' is writable by others: links from there"));
    CHECK(contains(refused.err, "help: name the directory of each category: --config-dir"));
    std::vector<std::string> named{"migrate", "--apply", "--yes"};
    for (const std::string name : {"config", "data", "state", "cache", "bin"}) {
        named.insert(named.end(), {"--" + name + "-dir", home.directory / ("split/" + name)});
    }
    const CommandResult open = home.run(named);
    INFO(open.err);
    CHECK(open.exit_code == 3);
    CHECK(contains(open.err, "could be swapped during the move"));
    const std::string cargo = home.directory / ".cargo";
    CHECK(contains(open.err, "help: run: chmod go-w '" + cargo + "'"));
    CHECK(difference(before, home.snapshot()) == "");

    // As the messages say.
    for (const char* name : {".cargo", ".rustup"}) {
        fs::permissions(home.directory / name, fs::perms(0755));
    }
    CHECK(home.run(named).exit_code == 0);
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
}
