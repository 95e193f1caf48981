// Before and after the switch cargo and rustup are asked what nothing may have changed.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <string>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* secret = "an output that is nobody's business";

// A rustup that runs this script for all questions but the one for its version, and its settings.
void install(const NearHome& home, const std::string& script) {
    write_file(home / ".rustup/settings.toml", "version = \"12\"\n");
    const fs::path rustup = home / ".cargo/bin/rustup";
    write_file(rustup,
               "#!/bin/sh\n[ \"$1\" = --version ] && echo 'rustup 1.29.0 (x)' && exit\n" + script);
    fs::permissions(rustup, fs::perms(0755));
}

// Whether a configuration lies where it was.
std::string is_moved(const NearHome& home) {
    return fmt::format("[ -L '{}' ]", (home / ".cargo/config.toml").string());
}

std::string sees_its_place(const NearHome& home) {
    return fmt::format("{} && echo moved\necho \"{}\"\n", is_moved(home), secret);
}

fs::path state_of(const NearHome& home) {
    return home / ".local/state/rehome/transactions";
}

void check_undone(const NearHome& home, const std::vector<std::string>& options,
                  const std::string& change) {
    const Snapshot before = home.snapshot(Inodes::left_out);
    const CommandResult moved = home.migrate(options);
    INFO(moved.err);
    CHECK(moved.exit_code == 1);
    CHECK(contains(moved.err,
                   fmt::format("with the items moved 'rustup show active-toolchain' {0}, 'rustup "
                               "toolchain list' {0} and 'rustup which cargo' {0}",
                               change)));
    CHECK(contains(moved.err, "everything was put back"));
    CHECK(contains(moved.err, "help: "));
    CHECK_FALSE(contains(moved.err, secret));
    CHECK(difference(before, home.snapshot(Inodes::left_out)) == "");
}

}  // namespace

TEST_CASE("tools that answer differently with the items moved put everything back", "[cli]") {
    const NearHome home;
    install(home, sees_its_place(home));
    check_undone(home, {}, "answers differently");
    const std::string journal = read_file(state_of(home) / "1/journal");
    CHECK(contains(journal, R"("record":"closed","answers":[{"question":"rustup show)"));
    CHECK(contains(journal, R"("verdict":"changed","before":")"));
    for (const auto& entry : fs::recursive_directory_iterator(home / ".local/state/rehome")) {
        CHECK_FALSE(contains(entry.is_regular_file() ? read_file(entry.path()) : "", secret));
    }
}

TEST_CASE("tools that fail with the items moved put everything back", "[cli]") {
    const NearHome home;
    install(home, is_moved(home) + " && exit 1\necho fine\n");
    check_undone(home, {}, "fails");
}

TEST_CASE("tools that answer differently with the items copied put everything back",
          "[cli][across]") {
    const auto there = mount_or_skip(Filesystem::tmpfs);
    if (!there) {
        return;
    }
    const NearHome home;
    install(home, sees_its_place(home));
    fs::create_directory(home / ".rustup/tmp");
    check_undone(home, sent_to(there->path()), "answers differently");
    CHECK(fs::is_empty(there->path()));
}

TEST_CASE("each question is asked once before and once after, there and back", "[cli]") {
    const NearHome home;
    const fs::path log = home / "log";
    install(home, fmt::format("echo \"$*\" >> '{}'\n", log.string()));
    const std::string once = "show active-toolchain\ntoolchain list\nwhich cargo\n";
    REQUIRE(home.migrate().exit_code == 0);
    CHECK(read_file(log) == once + once);
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(read_file(log) == once + once + once + once);
    const std::string journal = read_file(state_of(home) / "1/journal");
    for (const char* record : {"committed", "closed"}) {
        CHECK(contains(journal,
                       fmt::format("\"record\":\"{}\",\"answers\":[{{\"question\":\"rustup show "
                                   "active-toolchain\",\"verdict\":\"same\"",
                                   record)));
    }
}

TEST_CASE("a tool that had no answer before is no reason to put anything back", "[cli]") {
    const NearHome home;
    install(home, is_moved(home) + " || exit 1\necho fine\n");
    CHECK(home.migrate().exit_code == 0);
    CHECK(contains(read_file(state_of(home) / "1/journal"), R"("verdict":"unanswered")"));
}

TEST_CASE("an answer that is odd only once puts nothing back", "[cli]") {
    const NearHome home;
    const fs::path once = home / "once";
    install(home,
            fmt::format("{} && [ ! -e '{}' ] && echo odd > '{}' && exit 1\necho fine\n",
                        is_moved(home),
                        once.string(),
                        once.string()));
    CHECK(home.migrate().exit_code == 0);
    CHECK(fs::exists(once));
    CHECK_FALSE(contains(read_file(state_of(home) / "1/journal"), R"("verdict":"failed")"));
}

TEST_CASE("a tool that answers otherwise each time puts nothing back", "[cli]") {
    const NearHome home;
    install(home, "echo $$\n");
    CHECK(home.migrate().exit_code == 0);
    CHECK(contains(read_file(state_of(home) / "1/journal"), R"("verdict":"incomparable")"));
}

TEST_CASE("a rustup that hangs is killed, and the migration goes on", "[cli]") {
    const NearHome home;
    const fs::path log = home / "log";
    install(home, fmt::format("echo $$ >> '{}'\nsleep 1000 & wait\n", log.string()));
    CHECK(home.migrate().exit_code == 0);
    const std::string asked = read_file(log);
    CHECK(asked.find('\n') == asked.size() - 1);  // one has used up all the time there is
    CHECK_FALSE(fs::exists("/proc/" + asked.substr(0, asked.size() - 1)));
}

TEST_CASE("a way back after which tools answer differently is finished, with a warning", "[cli]") {
    const NearHome home;
    install(home, "exit 1\n");
    const Snapshot before = home.snapshot();
    REQUIRE(home.migrate().exit_code == 0);
    install(home, sees_its_place(home));
    const CommandResult back = home.run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(back.exit_code == 0);
    CHECK(contains(back.err,
                   "warning: with the items back 'rustup show active-toolchain' answers "
                   "differently, 'rustup toolchain list' answers differently and"));
    CHECK_FALSE(fs::is_symlink(home / ".cargo/bin"));
    CHECK(contains(read_file(state_of(home) / "1/journal"),
                   R"("record":"closed","answers":[{"question")"));
}

TEST_CASE("settings that are written in place all the time put nothing back", "[cli]") {
    const NearHome home;
    const fs::path settings = home / ".rustup/settings.toml";
    install(home, fmt::format("cat '{}'\n", settings.string()));
    const auto writer =
        started("n=0; while echo $n > \"$1\"; do n=$(((n + 1) % 7)); [ -z \"$told\" ] && "
                "told=1 && echo; done",
                settings);
    for (int round = 0; round < 10; ++round) {
        const CommandResult moved = home.migrate();
        INFO(moved.err);
        REQUIRE(moved.exit_code == 0);
        const CommandResult back = home.run({"rollback", "--yes"});
        CHECK(back.exit_code == 0);
        CHECK_FALSE(contains(back.err, "warning"));
    }
}
