#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace rehome;
using support::Migration;

TEST_CASE("without EXCHANGE everything moves and comes back all the same", "[apply]") {
    const Migration home("realistic");
    const support::Snapshot before = home.snapshot();
    support::FaultFs fs;
    fs.refuse_exchange();
    home.apply(fs);
    CHECK(std::filesystem::is_symlink(home / ".cargo/registry"));
    CHECK(std::filesystem::is_symlink(home / ".cargo/config.toml"));
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, home.snapshot()) == "");
}

TEST_CASE("without EXCHANGE a file is never missing at its old path", "[apply]") {
    const Migration home;
    support::FaultFs fs;
    fs.refuse_exchange();
    fs.watch(
        [&](std::string_view) { CHECK(std::filesystem::exists(home / ".cargo/config.toml")); });
    home.apply(fs);
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
}

TEST_CASE("what a program makes in the window of a directory is kept and named", "[apply]") {
    const Migration home;
    support::FaultFs fs;
    fs.refuse_exchange();
    bool made = false;
    fs.watch([&](std::string_view call) {
        if (call == "symlink" && !made && !std::filesystem::exists(home / ".cargo/registry")) {
            made = true;
            support::write_file(home / ".cargo/registry/late", "x");
        }
    });
    home.apply(fs);
    REQUIRE(made);
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(support::read_file(home / ".cargo/.rehome-1-2-1/late") == "x");
    CHECK(std::ranges::any_of(home.told(), [](const std::string& line) {
        return line.starts_with("Kept") && line.find(".rehome-1-2-1") != std::string::npos;
    }));
}
