#include "base/json.hpp"
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;
namespace json = rehome::base::json;

namespace {

CommandResult status(const NearHome& home, const std::vector<std::string>& more = {},
                     const Variables& variables = {}) {
    Command command = home.command({"status"});
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    command.variables["PATH"] = "/usr/bin:/bin";
    for (const auto& [name, value] : variables) {
        command.variables[name] = value;
    }
    const Snapshot before = take_snapshot(home.path());
    CommandResult result = run(command);
    CHECK(difference(before, take_snapshot(home.path())) == "");
    return result;
}

json::value document(const NearHome& home, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return rehome::base::parse_json(status(home, arguments).out);
}

fs::path journal_of(const NearHome& home) {
    return home / ".local/state/rehome/transactions/1/journal";
}

}  // namespace

TEST_CASE("status tells of a home before and after it was split", "[cli]") {
    const NearHome home;
    const CommandResult before = status(home);
    CHECK(before.exit_code == 0);
    CHECK(contains(before.out, "~/.cargo  not split\n"));
    CHECK(contains(before.out, "registry     would move  ~/.cache/cargo/registry\n"));
    CHECK(contains(before.err, "nothing is split yet"));

    REQUIRE(home.migrate().exit_code == 0);
    const CommandResult after = status(home);
    CHECK(after.exit_code == 0);
    CHECK(contains(after.out, "~/.cargo  split by transaction 1 ("));
    CHECK(contains(after.out, "profile category)"));
    CHECK(contains(after.out, "  cache   registry     moved  ~/.cache/cargo/registry\n"));
    CHECK(contains(after.err, "everything is as transaction 1 left it"));
    CHECK_FALSE(contains(after.out, " \n"));

    fs::remove_all(home / ".cache");
    const CommandResult purged = status(home);
    CHECK(purged.exit_code == 6);
    CHECK(contains(purged.out, "registry     purged  ~/.cache/cargo/registry\n"));
    CHECK(contains(purged.err, "1 item is not where rehome left it: `rehome doctor`"));
}

TEST_CASE("status is one document with stable words for scripts", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate().exit_code == 0);
    write_file(home / ".cargo/log/run.jsonl", "");
    const json::value plain = document(home);
    CHECK(plain.at("schema").as_int64() == 1);
    CHECK(plain.at("changed").as_bool() == false);
    CHECK(plain.at("drifted").as_bool() == true);
    const json::object& cargo = plain.at("homes").at(0).as_object();
    CHECK(cargo.at("kind").as_string() == "directory");
    CHECK(cargo.at("in_force").at("id").as_string() == "1");
    CHECK(cargo.at("unfinished").is_null());
    const json::object& config = cargo.at("items").at(0).as_object();
    CHECK(config.at("item").as_string() == "cargo/config.toml");
    CHECK(config.at("category").as_string() == "config");
    CHECK(config.at("state").as_string() == "moved");
    CHECK_FALSE(config.contains("bytes"));
    CHECK(cargo.at("not_moved").at(0).at("item").as_string() == "cargo/log");
    CHECK(plain.at("directories").at(0).at("name").as_string() == "CARGO_HOME");

    const json::value sized = document(home, {"--sizes"});
    CHECK(sized.at("homes").at(0).at("items").at(0).at("bytes").to_number<std::uint64_t>() ==
          fs::file_size(home / ".config/cargo/config.toml"));
}

TEST_CASE("an item that was left out on purpose is no drift", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate({"--exclude", "cargo/registry"}).exit_code == 0);
    const CommandResult result = status(home);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "registry     left out"));
}

TEST_CASE("status names the way out of an unfinished transaction", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate().exit_code == 0);
    std::string text = read_file(journal_of(home));
    text.pop_back();
    write_file(journal_of(home), text.substr(0, text.rfind('\n') + 1));
    const CommandResult result = status(home);
    CHECK(result.exit_code == 6);
    CHECK(contains(result.out, "interrupted: transaction 1 ("));
    CHECK(contains(result.err, "rehome resume"));
    CHECK(contains(result.err, "rehome rollback 1"));
}

TEST_CASE("copies of an unfinished transaction are where they are, and no conflict", "[cli]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate({"--keep-originals"}).exit_code == 0);
    const fs::path journal = *home / ".local/state/rehome/transactions/1/journal";
    std::string text = read_file(journal);
    const std::size_t committed = text.rfind("\"committed\"");
    REQUIRE(committed != std::string::npos);
    write_file(journal, text.substr(0, text.rfind('\n', committed) + 1));
    const auto look = [&] {
        std::vector<std::string> states;
        const CommandResult result = home->run({"status", "--json"});
        CHECK(result.exit_code == 6);
        const json::value said = rehome::base::parse_json(result.out);
        for (const json::value& item : said.at("homes").at(0).at("items").as_array()) {
            states.emplace_back(item.at("state").as_string());
        }
        return states;
    };
    CHECK(look() == std::vector<std::string>{"moved", "moved"});
    // As it is before the exchange: the original at home, its copy at the target.
    fs::remove(*home / ".cargo/registry");
    fs::rename(*home / ".cargo/.rehome-1-registry", *home / ".cargo/registry");
    CHECK(look() == std::vector<std::string>{"moved", "in_place"});
    REQUIRE(home->run({"rollback", "--yes"}).exit_code == 0);
    CHECK(home->run({"status"}).exit_code == 0);
}

TEST_CASE("status shows what it can where journals cannot be read", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate().exit_code == 0);
    write_file(journal_of(home), "x" + read_file(journal_of(home)));
    write_file(home / ".rustup/.rehome", "scribble");
    const CommandResult result = status(home);
    CHECK(result.exit_code == 6);
    CHECK(contains(result.err, "byte 0"));
    CHECK(contains(result.out, "registry"));
    CHECK(contains(result.out, "moved  ~/.cache/cargo/registry\n"));
}

TEST_CASE("status works without homes, and not without HOME", "[cli]") {
    const NearHome home;
    fs::remove_all(home / ".cargo");
    fs::remove_all(home / ".rustup");
    const CommandResult none = status(home);
    CHECK(none.exit_code == 0);
    CHECK(contains(none.out, "~/.cargo  does not exist\n"));
    CHECK(contains(none.err, "there is nothing to move"));
    for (const char* command : {"status", "doctor", "uninstall-check"}) {
        Command homeless = home.command({command});
        homeless.variables.erase("HOME");
        const CommandResult result = run(homeless);
        CHECK(result.exit_code == 2);
        CHECK(contains(result.err, "HOME is not set"));
    }
}

TEST_CASE("status says what becomes of each variable", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate().exit_code == 0);
    const CommandResult result = status(home,
                                        {},
                                        {{"CARGO_CACHE_HOME", (home / ".cache/cargo").string()},
                                         {"CARGO_DATA_HOME", "/other"},
                                         {"XDG_CONFIG_HOME", "relative"}});
    CHECK(contains(result.out, "CARGO_CACHE_HOME  ~/.cache/cargo  as it was applied\n"));
    CHECK(contains(result.out, "CARGO_DATA_HOME   /other          in force\n"));
    CHECK(contains(result.out, "XDG_CONFIG_HOME   relative        ignored: no absolute path\n"));
    CHECK(contains(result.err, "XDG_CONFIG_HOME is 'relative'"));
}

TEST_CASE("rules that cannot be read keep nobody from the status", "[cli]") {
    const NearHome home;
    REQUIRE(home.migrate().exit_code == 0);
    write_file(home / ".config/rehome/rules/mine.toml",
               "[[item]]\npath = \"cargo/env\"\nkidn = 1\n");
    const CommandResult result = status(home);
    CHECK(result.exit_code == 6);
    CHECK(contains(result.err, "unknown key 'kidn'"));
    CHECK(contains(result.out, "moved  ~/.cache/cargo/registry\n"));
}
