#include "rules/parse.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace rehome;
using rules::RuleSet;

namespace {

std::map<std::string, std::string> categories(const std::string& profile) {
    const RuleSet set = rules::parse_rules(rules::embedded_files(), {});
    std::map<std::string, std::string> found;
    for (const auto& [item, rule] : set.rules) {
        found[item] = rules::name_of(set.category(rule, set.profile(profile)));
    }
    return found;
}

}  // namespace

TEST_CASE("migrations/cargo.toml and rustup.toml say where each item goes", "[rules]") {
    const std::map<std::string, std::string> expected{
        {"cargo/.cargo", "keep"},
        {"cargo/.cargo-lock-git", "keep"},
        {"cargo/.crates.toml", "data"},
        {"cargo/.crates2.json", "data"},
        {"cargo/.global-cache", "keep"},
        {"cargo/.global-cache-journal", "keep"},
        {"cargo/.global-cache-shm", "keep"},
        {"cargo/.global-cache-wal", "keep"},
        {"cargo/.install_config.toml", "config"},
        {"cargo/.package-cache", "keep"},
        {"cargo/.package-cache-mutate", "keep"},
        {"cargo/advisory-db", "cache"},
        {"cargo/advisory-db..lock", "keep"},
        {"cargo/advisory-dbs", "cache"},
        {"cargo/audit.toml", "config"},
        {"cargo/bin", "bin"},
        {"cargo/binstall", "data"},
        {"cargo/binstall.toml", "config"},
        {"cargo/build", "cache"},
        {"cargo/cargo-generate", "config"},
        {"cargo/cargo-generate.toml", "config"},
        {"cargo/config", "config"},
        {"cargo/config.toml", "config"},
        {"cargo/credentials", "data"},
        {"cargo/credentials.toml", "data"},
        {"cargo/env", "data"},
        {"cargo/env.fish", "data"},
        {"cargo/env.nu", "data"},
        {"cargo/env.ps1", "data"},
        {"cargo/env.tcsh", "data"},
        {"cargo/env.xsh", "data"},
        {"cargo/git", "cache"},
        {"cargo/git/checkouts", "cache"},
        {"cargo/git/db", "cache"},
        {"cargo/log", "state"},
        {"cargo/registry", "cache"},
        {"cargo/registry/cache", "cache"},
        {"cargo/registry/index", "cache"},
        {"cargo/registry/src", "cache"},
        {"cargo/target", "cache"},
        {"rustup/default", "keep"},
        {"rustup/dist", "keep"},
        {"rustup/downloads", "cache"},
        {"rustup/fallback", "data"},
        {"rustup/overrides", "keep"},
        {"rustup/rustup-version", "keep"},
        {"rustup/rustup.sh", "keep"},
        {"rustup/self-update", "keep"},
        {"rustup/settings.toml", "config"},
        {"rustup/state.toml", "state"},
        {"rustup/telemetry", "keep"},
        {"rustup/telemetry-on", "keep"},
        {"rustup/tmp", "cache"},
        {"rustup/toolchains", "data"},
        {"rustup/update-hashes", "state"},
        {"rustup/version", "keep"},
    };
    CHECK(categories("category") == expected);
}

TEST_CASE("profile rfc moves what the pre-RFC's script moves, but no locks", "[rules]") {
    std::map<std::string, std::string> placed = categories("rfc");
    std::erase_if(placed, [](const auto& entry) { return entry.second == "keep"; });
    const std::map<std::string, std::string> expected{
        {"cargo/.crates.toml", "data"},
        {"cargo/.crates2.json", "data"},
        {"cargo/bin", "bin"},
        {"cargo/config.toml", "config"},
        {"cargo/credentials.toml", "data"},
        {"cargo/env", "data"},
        {"cargo/git", "cache"},
        {"cargo/git/checkouts", "cache"},
        {"cargo/git/db", "cache"},
        {"cargo/registry", "cache"},
        {"cargo/registry/cache", "cache"},
        {"cargo/registry/index", "cache"},
        {"cargo/registry/src", "cache"},
        {"cargo/target", "cache"},
        {"rustup/downloads", "cache"},
        {"rustup/settings.toml", "config"},
        {"rustup/tmp", "cache"},
        {"rustup/toolchains", "cache"},
        {"rustup/update-hashes", "cache"},
    };
    CHECK(placed == expected);
}

TEST_CASE("profile tiered keeps what --offline needs out of the cache", "[rules]") {
    const std::map<std::string, std::string> placed = categories("tiered");
    CHECK(placed.at("cargo/registry/index") == "state");
    CHECK(placed.at("cargo/registry/cache") == "state");
    CHECK(placed.at("cargo/git/db") == "state");
    CHECK(placed.at("cargo/registry/src") == "cache");
    CHECK(placed.at("cargo/git/checkouts") == "cache");
    CHECK(placed.at("rustup/toolchains") == "data");
}

TEST_CASE("every rule says what the item is, why it goes there, and what deleting costs",
          "[rules]") {
    for (const auto& [item, rule] : rules::parse_rules(rules::embedded_files(), {}).rules) {
        INFO(item);
        CHECK_FALSE(rule.about.empty());
        CHECK_FALSE(rule.why.empty());
        CHECK_FALSE(rule.when_deleted.empty());
    }
}

TEST_CASE("what cargo unpacks is recreated from what it downloaded", "[rules]") {
    std::map<std::string, std::string> sources;
    for (const auto& [item, rule] : rules::parse_rules(rules::embedded_files(), {}).rules) {
        if (rule.recreated_from) {
            sources[item] = *rule.recreated_from;
            CHECK(rule.regenerable);
        }
    }
    CHECK(sources ==
          std::map<std::string, std::string>{{"cargo/registry/src", "cargo/registry/cache"},
                                             {"cargo/git/checkouts", "cargo/git/db"}});
}
