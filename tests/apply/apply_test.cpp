#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>

using namespace rehome;
using support::Migration;

namespace {

void check_moved(const Migration& migration, const char* old_path, const char* target) {
    INFO(old_path);
    CHECK(std::filesystem::read_symlink(migration / old_path) == migration / target);
    CHECK(std::filesystem::symlink_status(migration / target).type() !=
          std::filesystem::file_type::symlink);
    CHECK(std::filesystem::exists(migration / old_path));
}

std::string message_of(const std::function<void()>& action, base::Kind kind) {
    try {
        action();
    } catch (const base::Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("apply moves every item and leaves a link at its old path", "[apply]") {
    const Migration migration;
    os::Fs fs;
    CHECK(migration.apply(fs) == "1");
    check_moved(migration, ".cargo/config.toml", ".config/cargo/config.toml");
    check_moved(migration, ".cargo/registry", ".cache/cargo/registry");
    check_moved(migration, ".rustup/toolchains", ".local/share/rustup/toolchains");
    CHECK(migration.open_journal().is_in_force());
}

TEST_CASE("rollback gives back the homes as they were, and nothing else stays", "[apply]") {
    for (const char* sample : {"minimal", "realistic"}) {
        INFO(sample);
        const Migration migration(sample);
        const support::Snapshot before = migration.snapshot();
        os::Fs fs;
        migration.apply(fs);
        CHECK(support::difference(before, migration.snapshot()) != "");
        apply::roll_back(migration.context(fs), migration.open_journal(), apply::Missing::refuse);
        CHECK(support::difference(before, migration.snapshot()) == "");
        CHECK(migration.journals().front().stage == journal::Stage::closed);
    }
}

TEST_CASE("the number of syncs does not grow with the items or files", "[apply]") {
    const auto syncs = [](const Migration& migration) {
        support::FaultFs fs;
        migration.apply(fs);
        return std::ranges::count_if(fs.calls(), [](const std::string& call) {
            return call.starts_with("fsync") || call.starts_with("syncfs");
        });
    };
    const auto few = syncs(Migration("minimal"));
    const auto many = syncs(Migration("realistic"));
    CHECK(few == many);
    CHECK(few <= 8);
}

TEST_CASE("an item that was replaced since the plan was made is refused", "[apply]") {
    const Migration migration;
    const plan::Plan plan = migration.plan();
    std::filesystem::rename(migration / ".cargo/config.toml", migration / "config.toml");
    support::write_file(migration / ".cargo/config.toml", "other");
    const support::Snapshot before = migration.snapshot();
    os::Fs fs;
    const std::string message =
        message_of([&] { apply::apply(migration.context(fs), plan, {}); }, base::Kind::refused);
    CHECK(message.find("config.toml' was ") != std::string::npos);
    CHECK(support::difference(before, migration.snapshot()) == "");
}

TEST_CASE("a target that has appeared since the plan was made is refused", "[apply]") {
    const Migration migration;
    const plan::Plan plan = migration.plan();
    support::write_file(migration / ".config/cargo/config.toml", "other");
    os::Fs fs;
    const std::string message =
        message_of([&] { apply::apply(migration.context(fs), plan, {}); }, base::Kind::refused);
    CHECK(message.find("has appeared") != std::string::npos);
    CHECK(support::read_file(migration / ".config/cargo/config.toml") == "other");
    CHECK(migration.journals().empty());
}

TEST_CASE("a plan that stands on a transaction which was put back meanwhile is refused",
          "[apply]") {
    const Migration migration;
    os::Fs fs;
    migration.apply(fs);
    const journal::Journal put_back = migration.open_journal();
    apply::roll_back(migration.context(fs), put_back, apply::Missing::refuse);
    plan::Plan plan = migration.plan();
    for (plan::PlannedHome& home : plan.homes) {
        home.previous = put_back.begin.id;
        home.previous_journal = put_back.path;
    }
    const support::Snapshot before = migration.snapshot();
    const std::string message =
        message_of([&] { apply::apply(migration.context(fs), plan, {}); }, base::Kind::refused);
    CHECK(message.find("was put back by another rehome") != std::string::npos);
    CHECK(support::difference(before, migration.snapshot()) == "");
}

TEST_CASE("a plan made before another rehome began and was killed is refused", "[apply]") {
    const Migration migration;
    const plan::Plan plan = migration.plan();
    // Before its pointers, so that only the journal tells of it.
    for (int call = 1; migration.journals().empty(); ++call) {
        support::FaultFs dying(support::FaultFs::Fault::death, call, EIO);
        CHECK_THROWS(apply::apply(migration.context(dying), plan, {}));
    }
    REQUIRE_FALSE(std::filesystem::exists(migration / ".cargo/.rehome"));
    const support::Snapshot before = migration.snapshot();
    os::Fs fs;
    const std::string message =
        message_of([&] { apply::apply(migration.context(fs), plan, {}); }, base::Kind::refused);
    CHECK(message.find("was begun to be migrated by another rehome") != std::string::npos);
    CHECK(support::difference(before, migration.snapshot()) == "");
}

TEST_CASE("an item swapped between the look and the exchange is exchanged back", "[apply]") {
    const Migration migration;
    support::FaultFs fs;
    bool swapped = false;
    fs.watch([&](std::string_view call) {
        if (call == "exchange" && !swapped) {
            swapped = true;
            std::filesystem::rename(migration / ".cargo/config.toml",
                                    migration / ".cargo/config.bak");
            support::write_file(migration / ".cargo/config.toml", "another");
        }
    });
    const std::string message = message_of([&] { migration.apply(fs); }, base::Kind::io);
    CHECK(message.find("cargo/config.toml") != std::string::npos);
    CHECK(support::read_file(migration / ".cargo/config.toml") == "another");
    CHECK_FALSE(std::filesystem::exists(migration / ".config"));
    CHECK(migration.journals().front().stage == journal::Stage::closed);
}

TEST_CASE("EXDEV while applying puts everything back and names the item", "[apply]") {
    const Migration migration;
    const support::Snapshot before = migration.snapshot();
    support::FaultFs fs;
    fs.refuse_renames_of("registry");
    const std::string message = message_of([&] { migration.apply(fs); }, base::Kind::io);
    CHECK(message.find("cargo/registry") != std::string::npos);
    CHECK(message.find("another filesystem") != std::string::npos);
    CHECK(support::difference(before, migration.snapshot()) == "");
}

TEST_CASE("an empty directory at a target is replaced and put back", "[apply]") {
    const Migration migration;
    std::filesystem::create_directories(migration / ".cache/cargo/registry");
    std::filesystem::permissions(migration / ".cache/cargo/registry", std::filesystem::perms(0710));
    support::Snapshot before = migration.snapshot();
    os::Fs fs;
    migration.apply(fs);
    check_moved(migration, ".cargo/registry", ".cache/cargo/registry");
    apply::roll_back(migration.context(fs), migration.open_journal(), apply::Missing::refuse);
    support::Snapshot after = migration.snapshot();
    // The directory is made anew, and the mtimes of directories that were there are not promised.
    for (support::Snapshot* snapshot : {&before, &after}) {
        (*snapshot)[".cache/cargo/registry"].inode = 0;
        (*snapshot)[".cache/cargo"].mtime = 0;
    }
    CHECK(support::difference(before, after) == "");
}

TEST_CASE("a credentials file is 0600 before it moves, and stays so", "[apply]") {
    const Migration migration;
    support::write_file(migration / ".cargo/credentials.toml", "[registry]\ntoken = 'x'\n");
    std::filesystem::permissions(migration / ".cargo/credentials.toml",
                                 std::filesystem::perms(0644));
    support::FaultFs fs;
    fs.watch([&](std::string_view call) {
        const auto mode =
            std::filesystem::status(migration / ".cargo/credentials.toml").permissions();
        CHECK((call != "exchange" || mode == std::filesystem::perms(0600)));
    });
    migration.apply(fs);
    apply::roll_back(migration.context(fs), migration.open_journal(), apply::Missing::refuse);
    CHECK(std::filesystem::status(migration / ".cargo/credentials.toml").permissions() ==
          std::filesystem::perms(0600));
}

TEST_CASE("no secret is in the journal", "[apply]") {
    const Migration migration;
    support::write_file(migration / ".cargo/credentials.toml", "[registry]\ntoken = 'hush'\n");
    os::Fs fs;
    migration.apply(fs);
    CHECK(support::read_file(migration.open_journal().path).find("hush") == std::string::npos);
}

TEST_CASE("a relative link that leads out of bin is rewritten and restored", "[apply]") {
    const Migration migration;
    support::write_file(migration / "project/tool", "#!/bin/sh\n");
    std::filesystem::create_directory(migration / ".cargo/bin");
    std::filesystem::create_symlink("../../project/tool", migration / ".cargo/bin/tool");
    std::filesystem::create_symlink("tool", migration / ".cargo/bin/alias");
    const support::Snapshot before = migration.snapshot();
    os::Fs fs;
    migration.apply(fs);
    CHECK(std::filesystem::exists(migration / ".cargo/bin/tool"));
    CHECK(std::filesystem::exists(migration / ".local/share/cargo/bin/alias"));
    apply::roll_back(migration.context(fs), migration.open_journal(), apply::Missing::refuse);
    support::Snapshot after = migration.snapshot();
    after[".cargo/bin/tool"] = before.at(".cargo/bin/tool");  // a new link with the old text
    CHECK(std::filesystem::read_symlink(migration / ".cargo/bin/tool") == "../../project/tool");
    CHECK(support::difference(before, after) == "");
}

TEST_CASE("a migrated home has nothing to do, and a new item is the difference", "[apply]") {
    const Migration migration;
    os::Fs fs;
    migration.apply(fs);
    CHECK_FALSE(migration.plan().changes_something());
    support::write_file(migration / ".cargo/env.fish", "set x\n");
    const plan::Plan plan = migration.plan();
    REQUIRE(plan.switches().size() == 1);
    CHECK(plan.switches().front()->item == "cargo/env.fish");
    CHECK(migration.apply(fs) == "2");

    const std::vector<journal::Journal> both = migration.journals();
    apply::roll_back(migration.context(fs), both[1], apply::Missing::refuse);
    CHECK(journal::read_pointer(fs, migration / ".cargo")->id == "1");
    check_moved(migration, ".cargo/registry", ".cache/cargo/registry");
    apply::roll_back(migration.context(fs), migration.journals()[0], apply::Missing::refuse);
    CHECK_FALSE(std::filesystem::exists(migration / ".cargo/.rehome"));
}
