// From a home on the disk to its plan: scan and planner together, without applying anything.
#include "plan/changes.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace rehome;
using plan::Fate;
using support::Migration;

namespace {

std::map<std::string, std::string> fates(const plan::Plan& plan) {
    std::map<std::string, std::string> found;
    for (const plan::PlannedItem& item : plan.items) {
        found[item.item] = plan::name_of(item.fate);
    }
    return found;
}

std::map<std::string, std::filesystem::path> moves(const plan::Plan& plan) {
    std::map<std::string, std::filesystem::path> found;
    for (const plan::Switch* step : plan.switches()) {
        found[step->item] = step->target;
    }
    return found;
}

struct Tree : Migration {
    Tree() : Migration("") {
        for (const char* file : {".cargo/registry/index/i",
                                 ".cargo/registry/cache/c",
                                 ".cargo/registry/src/s",
                                 ".cargo/git/db/d",
                                 ".cargo/git/checkouts/c",
                                 ".rustup/toolchains/t/bin/rustc"}) {
            support::write_file(*this / file, "x");
        }
    }
};

}  // namespace

TEST_CASE("planning changes nothing on the disk", "[plan]") {
    const Migration home("realistic");
    const support::Snapshot before = support::take_snapshot(home.home());
    (void)home.plan();
    CHECK(support::difference(before, support::take_snapshot(home.home())) == "");
}

TEST_CASE("the same home gives the same plan", "[plan]") {
    const Migration home("realistic");
    CHECK(plan::changes(home.plan(), home.plan()).empty());
    CHECK(home.plan().steps == home.plan().steps);
}

TEST_CASE("a directory whose parts go to one place moves as one", "[plan]") {
    const Tree home;
    CHECK(moves(home.plan()) ==
          std::map<std::string, std::filesystem::path>{
              {"cargo/registry", home / ".cache/cargo/registry"},
              {"cargo/git", home / ".cache/cargo/git"},
              {"rustup/toolchains", home / ".local/share/rustup/toolchains"}});
}

TEST_CASE("profile tiered takes registry and git apart", "[plan]") {
    Tree home;
    home.request.profile = "tiered";
    CHECK(moves(home.plan()) ==
          std::map<std::string, std::filesystem::path>{
              {"cargo/registry/index", home / ".local/state/cargo/registry/index"},
              {"cargo/registry/cache", home / ".local/state/cargo/registry/cache"},
              {"cargo/registry/src", home / ".cache/cargo/registry/src"},
              {"cargo/git/db", home / ".local/state/cargo/git/db"},
              {"cargo/git/checkouts", home / ".cache/cargo/git/checkouts"},
              {"rustup/toolchains", home / ".local/share/rustup/toolchains"}});
}

TEST_CASE("an excluded part takes its directory apart", "[plan]") {
    Tree home;
    home.request.selection = {.only = {"cargo/registry"}, .exclude = {"cargo/registry/src"}};
    CHECK(moves(home.plan()) ==
          std::map<std::string, std::filesystem::path>{
              {"cargo/registry/index", home / ".cache/cargo/registry/index"},
              {"cargo/registry/cache", home / ".cache/cargo/registry/cache"}});
}

TEST_CASE("the flag --only takes categories and items", "[plan]") {
    Tree home;
    home.request.selection.only = {"data", "cargo/git"};
    const auto only = moves(home.plan());
    CHECK(only.size() == 2);
    CHECK(only.contains("cargo/git"));
    CHECK(only.contains("rustup/toolchains"));
    home.request.selection.only = {};
    home.request.homes = {rust::HomeName::rustup};
    CHECK(moves(home.plan()).size() == 1);
}

TEST_CASE("unknown items, locks, links and other kinds stay", "[plan]") {
    const Migration home("");
    support::write_file(home / ".cargo/notes.txt", "x");
    support::write_file(home / ".cargo/.package-cache", "");
    support::write_file(home / ".cargo/registry", "a file of that name");
    support::write_file(home / "dotfiles/config.toml", "x");
    std::filesystem::create_symlink(home / "dotfiles/config.toml", home / ".cargo/config.toml");
    const plan::Plan plan = home.plan();
    CHECK(fates(plan) == std::map<std::string, std::string>{{"cargo/notes.txt", "unknown"},
                                                            {"cargo/.package-cache", "kept"},
                                                            {"cargo/registry", "other_kind"},
                                                            {"cargo/config.toml", "user_link"}});
    CHECK_FALSE(plan.changes_something());
    CHECK_FALSE(plan::stops(plan.findings));
}

TEST_CASE("a link that already leads to its target is adopted", "[plan]") {
    const Migration home("");
    support::write_file(home / ".config/cargo/config.toml", "x");
    support::write_file(home / ".cargo/env", "x");
    std::filesystem::create_symlink("../.config/cargo/config.toml", home / ".cargo/config.toml");
    const plan::Plan plan = home.plan();
    CHECK(fates(plan).at("cargo/config.toml") == "adopted");
    CHECK(plan.directories.size() == 2);
    CHECK_FALSE(plan::stops(plan.findings));
}

TEST_CASE("a home that is its data directory keeps its data in place", "[plan]") {
    Migration home("");
    home.environment.variables["CARGO_HOME"] = (home / ".local/share/cargo").string();
    support::write_file(home / ".local/share/cargo/credentials.toml", "x");
    std::filesystem::permissions(home / ".local/share/cargo/credentials.toml",
                                 std::filesystem::perms(0600));
    support::write_file(home / ".local/share/cargo/bin/tool", "x");
    support::write_file(home / ".local/share/cargo/config.toml", "x");
    support::write_file(home / ".local/share/cargo/registry/x", "x");
    const plan::Plan plan = home.plan();
    CHECK(support::codes(plan).empty());
    CHECK(fates(plan).at("cargo/credentials.toml") == "in_place");
    CHECK(fates(plan).at("cargo/bin") == "in_place");
    CHECK(moves(plan).size() == 2);
}

TEST_CASE("tmp and toolchains switch one after the other", "[plan]") {
    const Migration home("");
    for (const char* name : {"downloads", "tmp", "toolchains", "update-hashes"}) {
        std::filesystem::create_directories(home / ".rustup" / name);
    }
    const plan::Plan plan = home.plan();
    const auto switches = plan.switches();
    const auto tmp = std::ranges::find(switches, "rustup/tmp", &plan::Switch::item);
    const auto toolchains = std::ranges::find(switches, "rustup/toolchains", &plan::Switch::item);
    CHECK(std::abs(tmp - toolchains) == 1);
}

TEST_CASE("new directories are closed, and as closed as the home from the leaf on", "[plan]") {
    const Migration home("");
    support::write_file(home / ".cargo/registry/x", "x");
    std::filesystem::permissions(home / ".cargo", std::filesystem::perms(0750));
    const plan::Plan plan = home.plan();
    REQUIRE(plan.steps.size() == 3);
    CHECK(std::get<plan::MakeDirectory>(plan.steps[0]) ==
          plan::MakeDirectory{home / ".cache", 0700});
    CHECK(std::get<plan::MakeDirectory>(plan.steps[1]) ==
          plan::MakeDirectory{home / ".cache/cargo", 0750});
}

TEST_CASE("a file that config.toml includes stays, also under a known name", "[plan]") {
    const Migration home("");
    support::write_file(home / ".cargo/config.toml",
                        "include = [\"audit.toml\", {path=\"x.toml\"}]");
    support::write_file(home / ".cargo/audit.toml", "x");
    const plan::Plan plan = home.plan();
    CHECK(fates(plan).at("cargo/audit.toml") == "included");
    CHECK(support::codes(plan) == std::vector<std::string>{"included_file", "included_file"});
}

TEST_CASE("what differs from a saved plan is said", "[plan]") {
    const Migration home("");
    support::write_file(home / ".cargo/config.toml", "x");
    support::write_file(home / ".cargo/env", "x");
    support::write_file(home / ".cargo/registry/x", "x");
    const plan::Plan saved = home.plan();
    support::write_file(home / ".cargo/registry/y", "contents may change");
    CHECK(plan::changes(saved, home.plan()).empty());

    std::filesystem::rename(home / ".cargo/config.toml", home / "config.toml");
    CHECK(plan::changes(saved, home.plan()) ==
          std::vector<std::string>{"cargo/config.toml is gone"});
    support::write_file(home / ".cargo/config.toml.new", "x");
    std::filesystem::rename(home / ".cargo/config.toml.new", home / ".cargo/config.toml");
    CHECK(plan::changes(saved, home.plan()) ==
          std::vector<std::string>{"cargo/config.toml is another file or directory"});
    support::write_file(home / ".cargo/audit.toml", "x");
    CHECK(plan::changes(saved, home.plan()).size() == 2);
    std::filesystem::create_directories(home / ".cache/cargo/registry");
    CHECK(plan::changes(saved, home.plan()).size() == 3);
}
