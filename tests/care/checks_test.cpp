// The checks are pure: each case is a healthy survey with one thing changed.
#include "care/checks.hpp"
#include "care/repair.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace rehome;
using namespace rehome::care;
using rust::HomeName;

namespace {

using Codes = std::vector<std::string>;

CaredItem moved(const std::string& item, rules::Category category, bool directory) {
    const std::string name = item.substr(item.find('/') + 1);
    return {.item = item,
            .category = category,
            .path = "/home/a/." + item,
            .target = "/home/a/target/" + name,
            .directory = directory,
            .standing = Standing::moved,
            .transaction = "1",
            .has_parent = true,
            .at_path = os::FileType::symlink};
}

CaredHome home_of(HomeName name) {
    CaredHome home{.name = name,
                   .path = "/home/a/" + std::string(rust::directory_of(name)),
                   .kind = HomeKind::directory,
                   .mode = 0700,
                   .has_pointer = true,
                   .has_journal = true,
                   .in_force = Deed{"1", 0, "category"}};
    home.directories.push_back({"/home/a/target", 0700});
    return home;
}

Survey healthy() {
    Survey survey;
    survey.layout.home = "/home/a";
    survey.layout.directories[{HomeName::cargo, rules::Category::bin}].path = "/home/a/target/bin";
    survey.environment.variables["PATH"] = "/home/a/.cargo/bin:/usr/bin";
    survey.has_bin = true;
    survey.homes = {home_of(HomeName::cargo), home_of(HomeName::rustup)};
    survey.homes[0].items = {moved("cargo/registry", rules::Category::cache, true),
                             moved("cargo/config.toml", rules::Category::config, false)};
    survey.homes[0].secrets.push_back({"/home/a/.cargo/credentials.toml", 0600});
    survey.homes[1].items = {moved("rustup/toolchains", rules::Category::data, true)};
    survey.rustup = rust::Version{1, 29, 0};
    return survey;
}

std::vector<plan::Finding> with(const std::function<void(Survey&)>& change) {
    Survey survey = healthy();
    change(survey);
    return diagnose(survey);
}

Codes codes(const std::function<void(Survey&)>& change) {
    Codes codes;
    for (const plan::Finding& finding : with(change)) {
        codes.push_back(finding.code);
    }
    return codes;
}

std::string help(const std::function<void(Survey&)>& change) {
    const std::vector<plan::Finding> findings = with(change);
    REQUIRE(findings.size() == 1);
    return findings.front().help;
}

Codes standing(std::size_t item, Standing now) {
    return codes([&](Survey& survey) { survey.homes[0].items[item].standing = now; });
}

}  // namespace

TEST_CASE("nothing is found on a healthy survey", "[care]") {
    CHECK(codes([](Survey&) {}) == Codes{});
}

TEST_CASE("each standing of an item has its finding", "[care]") {
    CHECK(standing(0, Standing::drifted) == Codes{"link_replaced"});
    CHECK(standing(0, Standing::back) == Codes{"moved_back"});
    CHECK(standing(0, Standing::purged) == Codes{"purged"});
    CHECK(standing(0, Standing::not_mounted) == Codes{"not_mounted"});
    CHECK(standing(0, Standing::half) == Codes{"link_missing"});
    CHECK(standing(0, Standing::gone) == Codes{"gone"});
    CHECK(standing(0, Standing::in_place) == Codes{});
}

TEST_CASE("what mends a purged item depends on what is left", "[care]") {
    const auto purged = [](std::size_t item, bool has_parent, std::uint32_t mode) {
        return help([&](Survey& survey) {
            survey.homes[0].mode = mode;
            survey.homes[0].items[item].standing = Standing::purged;
            survey.homes[0].items[item].has_parent = has_parent;
            survey.homes[0].in_force.reset();
        });
    };
    CHECK(purged(0, true, 0755) == "mkdir -p ~/target/registry");
    CHECK(purged(0, true, 0700) == "(umask 077 && mkdir -p ~/target/registry)");
    CHECK(purged(1, false, 0755) == "mkdir -p ~/target");
    CHECK(purged(1, true, 0755) ==
          "bring it back from a backup, or remove the link: rm ~/.cargo/config.toml");
}

TEST_CASE("a lock that leads nowhere is removed", "[care]") {
    for (const bool stops_cargo : {true, false}) {
        const auto lose = [&](Survey& survey) {
            survey.homes[0].lost_locks.push_back({"/home/a/.cargo/.package-cache", stops_cargo});
        };
        CHECK(codes(lose) == Codes{"lost_lock"});
        CHECK(help(lose) == "rm ~/.cargo/.package-cache");
        CHECK((with(lose).front().severity == plan::Severity::stop) == stops_cargo);
    }
}

TEST_CASE("what a repair mends is left to it where there is a journal", "[care]") {
    const auto mends = [](std::size_t item, Standing standing, std::optional<os::FileType> type) {
        return help([&](Survey& survey) {
            survey.homes[0].items[item].standing = standing;
            survey.homes[0].items[item].at_path = type;
            survey.homes[0].items[item].has_parent = true;
        });
    };
    using os::FileType;
    CHECK(mends(0, Standing::drifted, FileType::directory) == repair_command);
    CHECK(mends(1, Standing::drifted, FileType::file) == repair_command);
    CHECK(mends(0, Standing::back, FileType::directory) == repair_command);
    CHECK(mends(0, Standing::purged, FileType::symlink) == repair_command);
    CHECK(mends(0, Standing::half, std::nullopt) == repair_command);
    // Another kind of thing, or a link of the user: whose it is only he can tell.
    CHECK(mends(0, Standing::drifted, FileType::file).starts_with("mv "));
    CHECK(mends(1, Standing::drifted, FileType::symlink).starts_with("rm "));
    CHECK(mends(1, Standing::back, FileType::symlink).starts_with("mkdir "));
}

TEST_CASE("an unfinished transaction is told alone: recovery knows its items", "[care]") {
    CHECK(codes([](Survey& survey) {
              survey.homes[0].unfinished = Deed{"2", 0, "category"};
              survey.homes[0].items[0].standing = Standing::half;
          }) == Codes{"unfinished"});
}

TEST_CASE("what an uninstalled rustup leaves is one finding for each home", "[care]") {
    const auto uninstalled = [](Survey& survey) {
        survey.has_bin = false;
        survey.environment.variables.erase("PATH");
        survey.homes[0].kind = HomeKind::missing;
        survey.homes[0].has_pointer = false;
        survey.homes[0].secrets.clear();
        for (CaredItem& item : survey.homes[0].items) {
            item.standing = Standing::half;
        }
    };
    CHECK(codes(uninstalled) == Codes{"orphans"});
    CHECK(help(uninstalled) == "rehome rollback 1");
    // A home that was made again afterwards has no pointer.
    CHECK(codes([&](Survey& survey) {
              uninstalled(survey);
              survey.homes[0].kind = HomeKind::directory;
          }) == Codes{"orphans"});
}

TEST_CASE("two homes are told by what cargo reads of them", "[care]") {
    const auto other = [](bool is_split, bool both) {
        return [=](Survey& survey) {
            survey.homes[0].has_config = both;
            survey.others.push_back({HomeName::cargo, "/home/a/.other", is_split, both});
        };
    };
    CHECK(codes(other(true, true)) == Codes{"double_configuration"});
    CHECK(codes(other(false, true)) == Codes{"double_configuration"});
    CHECK(codes(other(true, false)) == Codes{"stray_home"});
    CHECK(codes(other(false, false)) == Codes{"stray_home"});
    CHECK(help(other(false, false)) == "mv -nT ~/.other ~/.other.old");
}

TEST_CASE("PATH has CARGO_HOME/bin once, in its old spelling", "[care]") {
    const auto path = [](const char* text) {
        return codes([&](Survey& survey) { survey.environment.variables["PATH"] = text; });
    };
    CHECK(path("/usr/bin:/home/a/.cargo/bin/") == Codes{});
    CHECK(path("/usr/bin") == Codes{"path_missing"});
    CHECK(path("/home/a/target/bin:/usr/bin") == Codes{"path_spelling"});
    CHECK(path("/home/a/.cargo/bin:/usr/bin:/home/a/.cargo/bin") == Codes{"path_twice"});
    CHECK(codes([](Survey& survey) {
              survey.environment.variables["PATH"] = "/usr/bin";
              survey.has_bin = false;
          }) == Codes{});
}

TEST_CASE("what others may read is compared with the home", "[care]") {
    CHECK(codes([](Survey& survey) { survey.homes[0].secrets[0].mode = 0640; }) ==
          Codes{"open_secret"});
    const auto open = [](std::uint32_t home, std::uint32_t target) {
        return [=](Survey& survey) {
            survey.homes[0].mode = home;
            survey.homes[0].directories[0].mode = target;
            survey.homes[0].in_force.reset();
        };
    };
    CHECK(codes(open(0755, 0755)) == Codes{});
    CHECK(codes(open(0755, 0700)) == Codes{});
    CHECK(help(open(0700, 0755)) == "chmod 700 ~/target");
    CHECK(help(open(0750, 0757)) == "chmod 750 ~/target");
    CHECK(help([](Survey& survey) { survey.homes[0].directories[0].mode = 0755; }) ==
          repair_command);
}

TEST_CASE("tools that cannot live with the layout are named", "[care]") {
    CHECK(codes([](Survey& survey) {
              survey.rustup = rust::Version{1, 27, 0};
          }) == Codes{"rustup_without_links"});
    CHECK(codes([](Survey& survey) { survey.rustup = rust::Version{1, 27, 1}; }) == Codes{});
    const auto cargo = [](HomeKind kind, rust::Version version) {
        return codes([&](Survey& survey) {
            survey.homes[0].kind = kind;
            survey.homes[0].has_config = true;
            survey.cargos.push_back({.name = "cargo", .toolchain = "old", .version = version});
        });
    };
    CHECK(cargo(HomeKind::link, {1, 93, 0}) == Codes{"linked_home"});
    CHECK(cargo(HomeKind::link, {1, 94, 0}) == Codes{});
    CHECK(cargo(HomeKind::directory, {1, 93, 0}) == Codes{});
    CHECK(codes([](Survey& survey) { survey.is_parted = true; }) == Codes{"parted"});
    CHECK(codes([](Survey& survey) {
              survey.is_parted = true;
              survey.environment.variables["RUSTUP_PERMIT_COPY_RENAME"] = "1";
          }) == Codes{});
}

TEST_CASE("category homes count where they miss what rustup cannot make again", "[care]") {
    const auto sight = [](const char* item, bool found) {
        return codes([&](Survey& survey) {
            survey.category_home.push_back({item, "/home/a/elsewhere", found});
        });
    };
    CHECK(sight("rustup/toolchains", false) == Codes{"category_home"});
    CHECK(sight("rustup/toolchains", true) == Codes{});
    CHECK(sight("rustup/update-hashes", false) == Codes{});
}

TEST_CASE("the worst comes first", "[care]") {
    const std::vector<plan::Finding> findings = with([](Survey& survey) {
        survey.homes[0].items[0].standing = Standing::gone;
        survey.homes[1].items[0].standing = Standing::purged;
    });
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].code == "purged");
    CHECK(findings[1].code == "gone");
}

TEST_CASE("what is left of interrupted and finished transactions is told once", "[care]") {
    const auto unsettled = [](Survey& survey) {
        survey.homes[0].is_unsettled = true;
        survey.homes[1].is_unsettled = true;
    };
    CHECK(codes(unsettled) == Codes{"unsettled"});
    CHECK(help(unsettled) == "rehome resume");
    CHECK(help([](Survey& survey) {
              survey.homes[0].items[0].kept_original = "/home/a/.cargo/.rehome-1-registry";
          }) == "rehome forget 1");
    CHECK(codes([](Survey& survey) {
              survey.homes[0].leftovers.push_back({"/home/a/target/.rehome-1-registry", "1"});
          }) == Codes{"leftover"});
    CHECK(codes([](Survey& survey) {
              survey.homes[1].items.clear();
              survey.homes[1].in_force.reset();
              survey.homes[1].has_journal = false;
          }) == Codes{"lost_journal"});
    // Where a journal cannot be read nobody knows whether another one is missing.
    CHECK(codes([](Survey& survey) {
              survey.homes[1].has_journal = false;
              survey.damage.emplace_back(base::Kind::attention, "damaged", "keep it");
          }) == Codes{"unreadable"});
    CHECK(codes([](Survey& survey) {
              survey.homes[1] = {
                  .name = HomeName::rustup, .path = "/home/a/.rustup", .kind = HomeKind::unusable};
          }) == Codes{"home_unusable"});
}
