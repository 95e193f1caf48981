#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "scan/compat_links.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace rehome;
using support::Migration;

namespace {

// A home with a transaction in force.
struct Migrated : Migration {
    os::Fs fs;

    Migrated() { apply(fs); }

    void roll_back(apply::Missing missing = apply::Missing::refuse) {
        apply::roll_back(context(fs), open_journal(), missing);
    }
};

}  // namespace

TEST_CASE("what was made since the migration goes home too", "[apply]") {
    Migrated home;
    support::write_file(home / ".cargo/registry/cache/new.crate", "new");
    support::write_file(home / ".cargo/config.toml", "edited");
    home.roll_back();
    CHECK(support::read_file(home / ".cargo/registry/cache/new.crate") == "new");
    CHECK(support::read_file(home / ".cargo/config.toml") == "edited");
    CHECK_FALSE(std::filesystem::exists(home / ".config"));
}

TEST_CASE("a file that somebody put beside a target keeps its directory", "[apply]") {
    Migrated home;
    support::write_file(home / ".config/cargo/mine", "x");
    home.roll_back();
    CHECK(support::read_file(home / ".config/cargo/mine") == "x");
    CHECK(support::read_file(home / ".cargo/config.toml").starts_with("[net]"));
}

TEST_CASE("where both places hold a thing the one at the old path stays", "[apply]") {
    Migrated home;
    std::filesystem::remove(home / ".cargo/config.toml");
    support::write_file(home / ".cargo/config.toml", "by an editor");
    home.roll_back();
    CHECK(support::read_file(home / ".cargo/config.toml") == "by an editor");
    const auto aside = home / ".config/cargo/.rehome-1-config.toml";
    CHECK(support::read_file(aside).starts_with("[net]"));
    CHECK(std::ranges::any_of(home.told(), [&](const std::string& line) {
        return line.find(aside.string()) != std::string::npos;
    }));
}

TEST_CASE("an empty directory at the old path loses to the item", "[apply]") {
    Migrated home;
    std::filesystem::remove(home / ".cargo/registry");
    std::filesystem::create_directory(home / ".cargo/registry");
    home.roll_back();
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
}

TEST_CASE("a removed link does not keep its item from coming home", "[apply]") {
    Migrated home;
    std::filesystem::remove(home / ".cargo/registry");
    home.roll_back();
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
}

TEST_CASE("a purged cache leaves no dangling link", "[apply]") {
    Migrated home;
    std::filesystem::remove_all(home / ".cache");
    home.roll_back();
    CHECK_FALSE(std::filesystem::is_symlink(home / ".cargo/registry"));
    CHECK(std::filesystem::exists(home / ".cargo/config.toml"));
}

TEST_CASE("missing data that nobody can make again stops the rollback", "[apply]") {
    Migrated home;
    std::filesystem::remove_all(home / ".local/share/rustup");
    CHECK_THROWS_AS(home.roll_back(), base::Error);
    CHECK(std::filesystem::is_symlink(home / ".cargo/config.toml"));
    home.roll_back(apply::Missing::accept);
    CHECK_FALSE(std::filesystem::is_symlink(home / ".cargo/config.toml"));
    CHECK_FALSE(std::filesystem::is_symlink(home / ".rustup/toolchains"));
}

TEST_CASE("a home that was removed is made again for its items", "[apply]") {
    Migrated home;
    std::filesystem::remove_all(home / ".cargo");
    home.roll_back();
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(support::read_file(home / ".cargo/config.toml").starts_with("[net]"));
}

TEST_CASE("links that another rehome has a journal of are left to that", "[apply]") {
    const Migration home;
    os::Fs fs;
    home.apply(fs);
    const plan::Plan plan = scan::plan_from_links(fs, layout::make_layout(home.environment, {}));
    const auto check_refused = [&] {
        const support::Snapshot before = home.snapshot();
        CHECK_FALSE(apply::roll_back_links(home.context(fs), plan, {}));
        CHECK(support::difference(before, home.snapshot()) == "");
    };
    check_refused();
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    check_refused();
}

TEST_CASE("without a journal the links themselves say what goes back", "[apply]") {
    const Migration home;
    const support::Snapshot before = home.snapshot();
    os::Fs fs;
    home.apply(fs);
    std::filesystem::remove_all(home / ".local/state/rehome");
    const plan::Plan plan = scan::plan_from_links(fs, layout::make_layout(home.environment, {}));
    CHECK(plan.switches().size() == 3);
    CHECK(apply::roll_back_links(home.context(fs), plan, {}));
    support::Snapshot after = home.snapshot();
    // Nobody knows any more what was there before: mtimes of the homes, and whose the directories
    // are.
    for (const char* base : {".config",
                             ".config/cargo",
                             ".cache",
                             ".cache/cargo",
                             ".local/share",
                             ".local/share/rustup"}) {
        after.erase(base);
    }
    for (const char* facade : {".cargo", ".rustup"}) {
        after[facade].mtime = before.at(facade).mtime;
    }
    CHECK(support::difference(before, after) == "");
}

TEST_CASE("links of the user are not taken for compat links", "[apply]") {
    const Migration home;
    support::write_file(home / "dotfiles/audit.toml", "x");
    support::write_file(home / "src/rustc/bin/rustc", "x");
    std::filesystem::create_symlink("../dotfiles/audit.toml", home / ".cargo/audit.toml");
    std::filesystem::create_directory_symlink(home / "src/rustc",
                                              home / ".rustup/toolchains/rustc");
    std::filesystem::create_directory_symlink(home / "gone", home / ".cargo/gone");
    const plan::Plan plan =
        scan::plan_from_links(os::ReadFs(), layout::make_layout(home.environment, {}));
    CHECK(plan.switches().empty());
}

TEST_CASE("a reader finds the item at every step of the way there and back", "[apply]") {
    const Migration home;
    const auto readable = [&] {
        return std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG") &&
               std::filesystem::exists(home / ".cargo/config.toml") &&
               std::filesystem::exists(home / ".rustup/toolchains");
    };
    int looks = 0;
    support::FaultFs fs;
    fs.watch([&](std::string_view) {
        ++looks;
        CHECK(readable());
    });
    home.apply(fs);
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    CHECK(looks > 60);
}

TEST_CASE("during the way back both an old and a new link lead to the item", "[apply]") {
    const Migration home;
    os::Fs plain;
    home.apply(plain);
    support::FaultFs fs;
    int exchanges = 0;  // three put the peers in the links' places, three bring the items back
    bool looked_behind = false;
    fs.watch([&](std::string_view call) {
        if (call == "exchange" && ++exchanges > 3) {
            // A reader that has read the compat link is on its way to the target.
            CHECK(std::filesystem::exists(home / ".cache/cargo/registry"));
            CHECK(std::filesystem::exists(home / ".cargo/.rehome-peer-2"));
        }
        // The barrier after the last exchange: the links are still there for such a reader.
        if (exchanges == 6 && call == "fsync" && !looked_behind) {
            looked_behind = true;
            CHECK(std::filesystem::exists(home / ".cache/cargo/registry"));
        }
    });
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    CHECK(exchanges == 6);
    CHECK(looked_behind);
}

TEST_CASE("a link that somebody wrote anew still leads home", "[apply]") {
    Migrated home;
    std::filesystem::remove(home / ".cargo/registry");
    std::filesystem::create_symlink("../.cache/cargo/registry/", home / ".cargo/registry");
    home.roll_back();
    CHECK_FALSE(std::filesystem::is_symlink(home / ".cargo/registry"));
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
}

TEST_CASE("the parent of nested items is made again for them", "[apply]") {
    Migration home;
    home.request.profile = "tiered";
    os::Fs fs;
    home.apply(fs);
    REQUIRE(std::filesystem::is_symlink(home / ".cargo/registry/cache"));
    std::filesystem::remove_all(home / ".cargo/registry");
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    CHECK_FALSE(std::filesystem::is_symlink(home / ".cargo/registry/cache"));
    CHECK(
        std::filesystem::exists(home / ".cargo/registry/cache/registry.example-5d0c3a7be9f81246"));
}

TEST_CASE("what stands at a target that no item has reached is never touched", "[apply]") {
    const Migration home;
    support::FaultFs fs;
    fs.watch([&](std::string_view call) {
        if (call == "symlink" && !std::filesystem::exists(home / ".cache/cargo/registry/theirs")) {
            support::write_file(home / ".cache/cargo/registry/theirs", "x");
        }
    });
    CHECK_THROWS_AS(home.apply(fs), base::Error);
    CHECK(support::read_file(home / ".cache/cargo/registry/theirs") == "x");
    CHECK(std::filesystem::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(home.journals().front().stage == journal::Stage::closed);
}

TEST_CASE("a rollback that fails needs attention, and goes on when it is repeated", "[apply]") {
    Migrated home;
    support::FaultFs fs(support::FaultFs::Fault::error, 12, 5);
    try {
        apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
        FAIL("no error");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::attention);
    }
    home.roll_back();
    CHECK(home.journals().front().stage == journal::Stage::closed);
}

TEST_CASE("an interrupted apply whose data is missing is not rolled back over it", "[apply]") {
    const Migration home;
    support::FaultFs dying;
    dying.watch([&](std::string_view) {
        if (std::filesystem::is_symlink(home / ".rustup/toolchains")) {
            throw std::runtime_error("killed");
        }
    });
    CHECK_THROWS(home.apply(dying));
    REQUIRE(std::filesystem::is_symlink(home / ".rustup/toolchains"));
    std::filesystem::rename(home / ".local/share/rustup", home / "elsewhere");
    os::Fs fs;
    CHECK_THROWS_AS(apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse),
                    base::Error);
    std::filesystem::rename(home / "elsewhere", home / ".local/share/rustup");
    apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    CHECK_FALSE(std::filesystem::is_symlink(home / ".rustup/toolchains"));
}

TEST_CASE("a credentials file that has moved is no obstacle to resume", "[apply]") {
    const Migration home;
    support::write_file(home / ".cargo/credentials.toml", "x");
    std::filesystem::permissions(home / ".cargo/credentials.toml", std::filesystem::perms(0644));
    support::FaultFs dying;
    bool dead = false;
    dying.watch([&](std::string_view) {
        dead = dead || std::filesystem::is_symlink(home / ".cargo/credentials.toml");
        if (dead) {
            throw std::runtime_error("killed");
        }
    });
    CHECK_THROWS(home.apply(dying));
    os::Fs fs;
    apply::resume(home.context(fs), home.open_journal());
    CHECK(home.open_journal().is_in_force());
}
