// Items that have to share a filesystem: the places are decided by facts alone, nothing is looked
// at.
#include "plan/placement.hpp"
#include "rules/parse.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace rehome;
using plan::Fate;

namespace {

// tmp, a cache, has to be on the filesystem of toolchains, which are data. Whatever has "disk" in
// its path is on another filesystem than all else.
struct Homes {
    os::Environment environment{.variables = {{"HOME", "/home/me"}}, .working_directory = "/"};
    plan::PlacementFacts facts;
    plan::Selection selection;
    rules::RuleSet rules = rules::parse_rules(rules::embedded_files(), {});

    Homes() {
        for (const char* item : {"rustup/tmp", "rustup/toolchains"}) {
            facts.found.push_back({.item = item, .type = os::FileType::directory});
        }
        facts.same_filesystem = [this](const std::string& one, const std::string& other) {
            return is_on_disk(one) == is_on_disk(other);
        };
        facts.same_directory = [this](const std::string& one, const std::string& other) {
            return one_directory.contains(one) && one_directory.contains(other);
        };
    }

    std::vector<std::string> on_disk{"disk"};
    std::set<std::string> one_directory;  // all of these paths lead to it
    std::string profile = "category";

    [[nodiscard]] bool is_on_disk(const std::string& path) const {
        return std::ranges::any_of(
            on_disk, [&](const std::string& part) { return path.find(part) != path.npos; });
    }

    void variable(const std::string& name, const std::string& value) {
        environment.variables[name] = value;
    }

    [[nodiscard]] plan::Placement place(const std::string& item) const {
        const std::vector<plan::Placement> all = plan::place(
            facts, rules, rules.profile(profile), layout::make_layout(environment, {}), selection);
        return *std::ranges::find(all, item, &plan::Placement::item);
    }

    plan::Found& found(const std::string& item) {
        return *std::ranges::find(facts.found, item, &plan::Found::item);
    }
};

}  // namespace

TEST_CASE("tmp goes beside toolchains if its own place is on another filesystem", "[plan]") {
    Homes homes;
    CHECK(homes.place("rustup/tmp").target == "/home/me/.cache/rustup/tmp");
    homes.variable("XDG_DATA_HOME", "/disk");
    const plan::Placement tmp = homes.place("rustup/tmp");
    CHECK(tmp.fate == Fate::move);
    CHECK(tmp.target == "/disk/rustup/tmp");
    CHECK_FALSE(tmp.parted_from);
}

TEST_CASE("tmp stays with toolchains that stay", "[plan]") {
    Homes homes;
    homes.variable("XDG_CACHE_HOME", "/disk");
    homes.selection.exclude = {"rustup/toolchains"};
    CHECK(homes.place("rustup/tmp").fate == Fate::kept);
    CHECK_FALSE(homes.place("rustup/tmp").parted_from);
}

TEST_CASE("tmp follows toolchains though only those were asked for", "[plan]") {
    Homes homes;
    homes.variable("XDG_DATA_HOME", "/disk");
    homes.selection.only = {"rustup/toolchains"};
    CHECK(homes.place("rustup/tmp").fate == Fate::move);
    CHECK(homes.place("rustup/tmp").target == "/disk/rustup/tmp");
    homes.selection.only = {"data"};
    CHECK(homes.place("rustup/tmp").target == "/disk/rustup/tmp");
    homes.variable("XDG_DATA_HOME", "/data");
    CHECK(homes.place("rustup/tmp").fate == Fate::excluded);
}

TEST_CASE("toolchains do not leave for a disk to which tmp, once it is made, could not follow",
          "[plan]") {
    Homes homes;
    homes.facts.found = {{.item = "rustup/toolchains", .type = os::FileType::directory}};
    CHECK_FALSE(homes.place("rustup/toolchains").missing_partner);
    homes.variable("XDG_DATA_HOME", "/disk");
    CHECK(homes.place("rustup/toolchains").missing_partner == "rustup/tmp");
    homes.on_disk = {"disk", ".rustup"};
    CHECK_FALSE(homes.place("rustup/toolchains").missing_partner);
    homes.on_disk = {"disk"};
    homes.selection.exclude = {"rustup/toolchains"};
    CHECK_FALSE(homes.place("rustup/toolchains").missing_partner);
}

TEST_CASE("tmp that was excluded by its name stays, and the two part", "[plan]") {
    Homes homes;
    homes.variable("XDG_DATA_HOME", "/disk");
    homes.selection.exclude = {"rustup/tmp"};
    const plan::Placement tmp = homes.place("rustup/tmp");
    CHECK(tmp.fate == Fate::excluded);
    CHECK(tmp.parted_from == "rustup/toolchains");
    homes.variable("XDG_DATA_HOME", "/data");
    CHECK_FALSE(homes.place("rustup/tmp").parted_from);
}

TEST_CASE("tmp goes beside toolchains that were moved before", "[plan]") {
    Homes homes;
    homes.on_disk = {"disk", ".rustup/toolchains"};  // the link is looked through
    homes.found("rustup/toolchains").type = os::FileType::symlink;
    homes.facts.applied["rustup/toolchains"] = "/disk/rustup/toolchains";
    homes.variable("XDG_DATA_HOME", "/disk");
    CHECK(homes.place("rustup/toolchains").fate == Fate::applied);
    CHECK(homes.place("rustup/tmp").target == "/disk/rustup/tmp");
}

TEST_CASE("tmp that was moved before follows toolchains to another filesystem", "[plan]") {
    Homes homes;
    homes.found("rustup/tmp").type = os::FileType::symlink;
    homes.facts.applied["rustup/tmp"] = "/home/me/.cache/rustup/tmp";
    homes.variable("XDG_DATA_HOME", "/disk");
    CHECK(homes.place("rustup/tmp").fate == Fate::move);
    CHECK(homes.place("rustup/tmp").from == "/home/me/.cache/rustup/tmp");
    CHECK(homes.place("rustup/tmp").target == "/disk/rustup/tmp");
    CHECK_FALSE(homes.place("rustup/tmp").parted_from);
    homes.selection.exclude = {"rustup/tmp"};
    CHECK(homes.place("rustup/tmp").fate == Fate::applied);
    CHECK(homes.place("rustup/tmp").parted_from == "rustup/toolchains");
}

TEST_CASE("what was moved before moves on when it has another target now", "[plan]") {
    Homes homes;
    homes.found("rustup/tmp").type = os::FileType::symlink;
    homes.found("rustup/toolchains").type = os::FileType::symlink;
    homes.facts.applied["rustup/tmp"] = "/home/me/.cache/rustup/tmp";
    homes.facts.applied["rustup/toolchains"] = "/home/me/.local/share/rustup/toolchains";
    CHECK(homes.place("rustup/tmp").fate == Fate::applied);
    homes.variable("XDG_CACHE_HOME", "/fast");
    CHECK(homes.place("rustup/tmp").fate == Fate::move);
    CHECK(homes.place("rustup/tmp").from == "/home/me/.cache/rustup/tmp");
    CHECK(homes.place("rustup/toolchains").fate == Fate::applied);
    homes.selection.exclude = {"rustup/tmp"};
    CHECK(homes.place("rustup/tmp").fate == Fate::applied);
    CHECK(homes.place("rustup/tmp").target == "/home/me/.cache/rustup/tmp");
    homes.selection.exclude = {};
    // The two stay together where they are.
    homes.variable("XDG_CACHE_HOME", "/disk");
    homes.facts.applied["rustup/tmp"] = "/home/me/.local/share/rustup/tmp";
    CHECK(homes.place("rustup/tmp").fate == Fate::applied);
    CHECK(homes.place("rustup/tmp").from.empty());
}

TEST_CASE("what was moved as one stays so where its parts would part now", "[plan]") {
    Homes homes;
    homes.facts.found.push_back({.item = "cargo/registry", .type = os::FileType::symlink});
    homes.facts.applied["cargo/registry"] = "/home/me/.cache/cargo/registry";
    CHECK_FALSE(homes.place("cargo/registry").is_undivided);
    homes.profile = "tiered";
    const plan::Placement registry = homes.place("cargo/registry");
    CHECK(registry.is_undivided);
    CHECK(registry.fate == Fate::applied);
    CHECK(registry.target == "/home/me/.cache/cargo/registry");
    homes.selection.exclude = {"cargo/registry"};
    CHECK_FALSE(homes.place("cargo/registry").is_undivided);
}

TEST_CASE("tmp at a link of the user cannot follow, and the two part", "[plan]") {
    Homes homes;
    homes.found("rustup/tmp").type = os::FileType::symlink;
    homes.variable("XDG_DATA_HOME", "/disk");
    CHECK(homes.place("rustup/tmp").parted_from == "rustup/toolchains");
    homes.on_disk = {"disk", ".rustup/tmp"};
    CHECK_FALSE(homes.place("rustup/tmp").parted_from);
    homes.on_disk = {"disk"};
    homes.found("rustup/tmp").leads_to_target = true;
    CHECK(homes.place("rustup/tmp").fate == Fate::adopted);
    CHECK(homes.place("rustup/tmp").parted_from == "rustup/toolchains");
}

TEST_CASE("tmp that is in place follows toolchains that go away", "[plan]") {
    Homes homes;
    homes.variable("RUSTUP_HOME", "/home/me/.cache/rustup");
    CHECK(homes.place("rustup/tmp").fate == Fate::in_place);
    homes.variable("XDG_DATA_HOME", "/disk");
    CHECK(homes.place("rustup/tmp").fate == Fate::move);
    CHECK(homes.place("rustup/tmp").target == "/disk/rustup/tmp");
}

TEST_CASE("what goes to the directory that the home is a link to is in place", "[plan]") {
    Homes homes;
    homes.one_directory = {"/home/me/.rustup", "/home/me/.local/share/rustup"};
    CHECK(homes.place("rustup/toolchains").fate == Fate::in_place);
    CHECK(homes.place("rustup/tmp").fate == Fate::move);
    // Beside toolchains is in the home.
    homes.variable("XDG_CACHE_HOME", "/disk");
    CHECK(homes.place("rustup/tmp").fate == Fate::kept);
}

TEST_CASE("tmp stays with toolchains that are in place", "[plan]") {
    Homes homes;
    homes.variable("RUSTUP_HOME", "/home/me/.local/share/rustup");
    homes.variable("XDG_CACHE_HOME", "/disk");
    CHECK(homes.place("rustup/toolchains").fate == Fate::in_place);
    CHECK(homes.place("rustup/tmp").fate == Fate::kept);
}
