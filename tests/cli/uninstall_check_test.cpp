#include "base/json.hpp"
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;
namespace json = rehome::base::json;

namespace {

void write_rustup(const fs::path& bin, const std::string& version) {
    write_file(bin / "rustup", fmt::format("#!/bin/sh\necho 'rustup {} (x)'\n", version));
    fs::permissions(bin / "rustup", fs::perms::owner_all);
}

// Changes nothing.
CommandResult check(const NearHome& home, const std::vector<std::string>& more = {}) {
    Command command = home.command({"uninstall-check"});
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    command.variables["PATH"] = "/usr/bin:/bin";
    const Snapshot before = take_snapshot(home.path());
    CommandResult result = run(command);
    CHECK(difference(before, take_snapshot(home.path())) == "");
    return result;
}

}  // namespace

TEST_CASE("without a rustup in CARGO_HOME nothing would be uninstalled", "[cli]") {
    const NearHome home;
    const CommandResult result = check(home);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "there is no ~/.cargo/bin/rustup"));
}

TEST_CASE("uninstall-check tells what goes and what is left behind", "[cli]") {
    const NearHome home;
    write_rustup(home / ".cargo/bin", "1.29.0");
    write_file(home / ".cargo/bin/rg", "x");
    write_file(home / ".cargo/bin/rustfmt", "x");
    const CommandResult before = check(home);
    CHECK(before.exit_code == 0);
    CHECK(contains(before.out, "`rustup self uninstall` of rustup 1.29.0"));
    CHECK(contains(before.out, "    ~/.cargo/registry\n"));
    CHECK(contains(before.out, "    ~/.cargo/bin/rg\n"));
    CHECK_FALSE(contains(before.out, "rustfmt"));
    CHECK_FALSE(contains(before.out, "leaves behind"));

    REQUIRE(home.migrate().exit_code == 0);
    const CommandResult after = check(home);
    CHECK(after.exit_code == 6);
    CHECK(contains(after.out, "behind the link bin\n    ~/.cargo/bin/rg\n"));
    CHECK(contains(after.out, "leaves behind"));
    CHECK(contains(after.out, "    ~/.local/share/rustup/toolchains\n"));
    CHECK_FALSE(contains(after.out, "    ~/.cargo/registry\n"));
    CHECK(contains(after.out, "  1. rehome rollback 1\n  2. rustup self uninstall\n"));

    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(check(home).exit_code == 0);
}

TEST_CASE("from 1.30 on rustup goes through the link of toolchains, and not past bin", "[cli]") {
    const NearHome home;
    write_file(home / ".cargo/bin/rg", "x");
    write_rustup(home / ".cargo/bin", "1.30.0");
    REQUIRE(home.migrate().exit_code == 0);
    const CommandResult result = check(home, {"--json"});
    CHECK(result.exit_code == 6);
    const json::value said = rehome::base::parse_json(result.out);
    CHECK(said.at("rustup").as_string() == "1.30.0");
    CHECK(said.at("stops_at_bin").as_bool());
    CHECK(said.at("programs").as_array().empty());
    const json::array& deleted = said.at("deleted").as_array();
    REQUIRE(deleted.size() == 1);
    CHECK(deleted[0].as_string() == (home / ".local/share/rustup/toolchains").string());
}

TEST_CASE("where a journal cannot be read uninstall-check says nothing", "[cli]") {
    const NearHome home;
    write_rustup(home / ".cargo/bin", "1.29.0");
    REQUIRE(home.migrate().exit_code == 0);
    const fs::path journal = home / ".local/state/rehome/transactions/1/journal";
    write_file(journal, "x" + read_file(journal));
    const CommandResult result = check(home);
    CHECK(result.exit_code == 5);
    CHECK(result.out.empty());
}
