// What a user may get wrong, and what may be wrong with the disk: a clear error, a documented exit
// code, and nothing changed.
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using support::CommandResult;

namespace {

struct Place {
    support::TempDir directory;
    support::Variables variables = support::variables_of(directory.path());

    // Runs it and checks that it ends so, says so, and leaves everything as it was.
    void refuses(const std::vector<std::string>& arguments, int exit_code,
                 const std::string& message) const {
        const support::Snapshot before = support::take_snapshot(directory.path());
        support::Command command = support::rehome_command(directory.path(), arguments);
        command.variables = variables;
        const CommandResult result = support::run(command);
        INFO(result.out << result.err);
        CHECK(result.exit_code == exit_code);
        CHECK((result.out + result.err).find(message) != std::string::npos);
        CHECK(support::difference(before, support::take_snapshot(directory.path())) == "");
    }

    [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
        support::Command command = support::rehome_command(directory.path(), arguments);
        command.variables = variables;
        return support::run(command);
    }
};

const std::vector<std::string> apply{"migrate", "--apply", "--yes"};

}  // namespace

TEST_CASE("no home at all is nothing to migrate", "[cli]") {
    const Place place;
    place.refuses({"migrate"}, 0, "nothing to migrate: neither '");
    place.refuses(apply, 0, "nothing to migrate: neither '");
    place.refuses({"rollback", "--yes"}, 0, "nothing to roll back");
    place.refuses({"print-env", "bash"}, 0, "there is neither a CARGO_HOME nor a RUSTUP_HOME");
}

TEST_CASE("unknown words are answered with the nearest known one", "[cli]") {
    const Place place;
    place.refuses({"migarte"}, 2, "there is no command 'migarte' (did you mean 'migrate'?)");
    place.refuses({"migrate", "--aply"}, 2, "has no option '--aply' (did you mean '--apply'?)");
    place.refuses({"migrate", "-z"}, 2, "has no option '-z'");
    place.refuses({"migrate", "--only", "cahce"}, 2, "(did you mean 'cache'?)");
    place.refuses({"migrate", "--exclude", "cargo/regstry"}, 2, "(did you mean 'cargo/registry'?)");
    place.refuses({"migrate", "--profile", "rcf"}, 2, "(did you mean 'rfc'?)");
    place.refuses({"print-env", "bsh"}, 2, "there is no form 'bsh' (did you mean 'bash'?)");
    place.refuses({"rules", "explian", "x"}, 2, "(did you mean 'explain'?)");
}

TEST_CASE("options that make no sense are refused by name", "[cli]") {
    const Place place;
    place.refuses({"migrate", "--home", "gem"}, 2, "--home 'gem': it is cargo or rustup");
    place.refuses({"migrate", "--layout", "dos"}, 2, "--layout 'dos'");
    place.refuses({"migrate", "--cache-dir"}, 2, "cache-dir");
    place.refuses({"migrate", "--cache-dir", "here"}, 2, "--cache-dir is 'here'");
    place.refuses({"migrate", "--rules", "/nowhere"}, 2, "--rules '/nowhere'");
    place.refuses({"migrate", "--apply", "--dry-run"}, 2, "exclude each other");
    place.refuses({"migrate", "--plan", "x"}, 2, "--plan goes with --apply");
    place.refuses({"migrate", "--color", "sometimes"}, 2, "--color 'sometimes'");
    place.refuses({"migrate", "--verify", "ful"}, 2, "--verify 'ful': it is disk, full, metadata");
    place.refuses({"migrate", "--drop", "registry"}, 2, "--drop 'registry': only regenerable");
    place.refuses({"migrate", "operand"}, 2, "does not take 'operand'");
    place.refuses({"forget"}, 2, "needs ID");
}

TEST_CASE("paths and variables that cannot be used are named", "[cli]") {
    for (const char* value : {"relative", "./x", "line\nbreak", "\xFF\xFE"}) {
        Place place;
        support::write_file(place.directory / ".cargo/env", "x");
        place.variables["CARGO_CACHE_HOME"] = value;
        place.refuses({"migrate"}, 2, "CARGO_CACHE_HOME is '");
    }
    Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    place.variables["XDG_CACHE_HOME"] = "relative";
    place.refuses({"migrate"}, 0, "XDG_CACHE_HOME is 'relative', which is not an absolute path");
    place.variables.erase("HOME");
    place.refuses({"migrate"}, 2, "HOME is not set");
}

TEST_CASE("directories with any bytes in their names work", "[cli]") {
    for (const std::string name : {"with space", "line\nbreak", "quote'\"$", "\xFF\xFE"}) {
        Place place;
        support::write_file(place.directory / ".cargo/registry/x", "x");
        place.variables["CARGO_CACHE_HOME"] = (place.directory / name).string();
        const support::Snapshot before = support::take_snapshot(place.directory / ".cargo");
        const CommandResult applied = place.run(apply);
        INFO(applied.err);
        CHECK(applied.exit_code == 0);
        CHECK(std::filesystem::exists(place.directory / name / "registry/x"));
        CHECK(place.run({"history", "--json"}).exit_code == 0);
        CHECK(place.run({"rollback", "--yes"}).exit_code == 0);
        CHECK_FALSE(std::filesystem::exists(place.directory / name));
        CHECK(std::filesystem::exists(place.directory / ".cargo/registry/x"));
    }
}

TEST_CASE("a home that is none is named with its variable", "[cli]") {
    Place place;
    support::write_file(place.directory / ".cargo", "a file");
    place.refuses(apply, 3, "CARGO_HOME '");
    std::filesystem::remove(place.directory / ".cargo");
    std::filesystem::create_symlink("nowhere", place.directory / ".cargo");
    place.refuses(apply, 3, "is a link that leads nowhere, or in a circle");
    std::filesystem::remove(place.directory / ".cargo");
    std::filesystem::create_symlink(".cargo", place.directory / ".cargo");
    place.refuses(apply, 3, "is a link that leads nowhere, or in a circle");
}

TEST_CASE("a broken rule file is shown with its place", "[cli]") {
    const Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    support::write_file(place.directory / ".config/rehome/rules/mine.toml",
                        "[[item]]\npath = \"cargo/env\"\ncategory = \"dada\"\n");
    place.refuses({"migrate"}, 2, "mine.toml:3:12: unknown category 'dada' (did you mean 'data'?)");
}

TEST_CASE("a broken plan file is refused", "[cli]") {
    const Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    const std::vector<std::string> with_plan{"migrate", "--apply", "--yes", "--plan", "p.json"};
    place.refuses(with_plan, 2, "there is no such file");
    for (const char* text : {"", "{", "[]", "{\"schema\": 1}", "{\"schema\": 9}", "\xFF"}) {
        support::write_file(place.directory / "p.json", text);
        place.refuses(with_plan, 2, "p.json");
    }
}

TEST_CASE("a journal cut anywhere never harms what it tells of", "[cli]") {
    const Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    REQUIRE(place.run(apply).exit_code == 0);
    const auto journal = place.directory / ".local/state/rehome/transactions/1/journal";
    const std::string text = support::read_file(journal);
    for (const std::size_t length : {std::size_t{0}, std::size_t{10}, text.size() - 3}) {
        support::write_file(journal, text.substr(0, length));
        const CommandResult history = place.run({"history"});
        CHECK(history.exit_code == 0);
        CHECK(support::read_file(place.directory / ".cargo/env") == "x");
    }
    // Begin is whole, Committed is torn: an interrupted transaction, and both ways out work.
    CHECK(place.run({"migrate"}).exit_code == 3);
    CHECK(place.run({"resume"}).exit_code == 0);
    CHECK(support::read_file(journal) == text);
    support::write_file(journal, text.substr(0, 10));
    CHECK(place.run({"rollback", "--yes"}).exit_code == 0);  // from the links alone
    CHECK_FALSE(std::filesystem::is_symlink(place.directory / ".cargo/env"));
}

TEST_CASE("a damaged journal, and one from the future, need attention", "[cli]") {
    const Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    REQUIRE(place.run(apply).exit_code == 0);
    const auto journal = place.directory / ".local/state/rehome/transactions/1/journal";
    std::string text = support::read_file(journal);
    text[40] = static_cast<char>(text[40] ^ 1);
    support::write_file(journal, text);
    place.refuses({"rollback", "--yes"}, 5, "is damaged at byte 0");
    std::filesystem::remove(journal);
    CHECK(place.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(support::read_file(place.directory / ".cargo/env") == "x");
}

TEST_CASE("a home that is gone comes back with its items", "[cli]") {
    const Place place;
    support::write_file(place.directory / ".cargo/env", "x");
    REQUIRE(place.run(apply).exit_code == 0);
    std::filesystem::remove_all(place.directory / ".cargo");
    CHECK(place.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(support::read_file(place.directory / ".cargo/env") == "x");
}
