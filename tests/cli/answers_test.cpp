// Before and after the switch cargo and rustup are asked what nothing may have changed.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* secret = "an output that is nobody's business";

// A rustup that runs this script, and its settings.
void install(const NearHome& home, const std::string& script) {
    write_file(home / ".rustup/settings.toml", "version = \"12\"\n");
    const fs::path rustup = home / ".cargo/bin/rustup";
    write_file(rustup, "#!/bin/sh\n" + script);
    fs::permissions(rustup, fs::perms(0755));
}

// What it says depends on where a configuration lies.
std::string sees_its_place(const NearHome& home) {
    return fmt::format("[ \"$1\" = --version ] && exit\n"
                       "[ -L '{}' ] && exit 1\n"
                       "echo \"{}\"\n",
                       (home / ".cargo/config.toml").string(),
                       secret);
}

void check_undone(const NearHome& home, const std::vector<std::string>& options) {
    const Snapshot before = home.snapshot(Inodes::left_out);
    const CommandResult moved = home.migrate(options);
    INFO(moved.err);
    CHECK(moved.exit_code == 1);
    CHECK(contains(moved.err, "answers differently to rustup show active-toolchain"));
    CHECK(contains(moved.err, "rustup toolchain list"));
    CHECK(contains(moved.err, "everything was put back"));
    CHECK_FALSE(contains(moved.err, secret));
    CHECK(difference(before, home.snapshot(Inodes::left_out)) == "");
}

}  // namespace

TEST_CASE("tools that answer differently with the items moved put everything back", "[cli]") {
    const NearHome home;
    install(home, sees_its_place(home));
    check_undone(home, {});
    const fs::path state = home / ".local/state/rehome";
    for (const auto& entry : fs::recursive_directory_iterator(state)) {
        CHECK_FALSE(contains(entry.is_regular_file() ? read_file(entry.path()) : "", secret));
    }
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
    check_undone(home, sent_to(there->path()));
    CHECK(fs::is_empty(there->path()));
}

TEST_CASE("tools are asked offline, from an empty directory, and may install nothing", "[cli]") {
    const NearHome home;
    const fs::path log = home / "log";
    install(home,
            fmt::format("[ \"$1\" = --version ] && exit\n"
                        "echo \"$* in $(ls -A | wc -l): $CARGO_NET_OFFLINE "
                        "$RUSTUP_AUTO_INSTALL $(cat)\" >> '{}'\n",
                        log.string()));
    REQUIRE(home.migrate().exit_code == 0);
    const std::string once = "show active-toolchain in 0: true 0 \n"
                             "toolchain list in 0: true 0 \n"
                             "which cargo in 0: true 0 \n";
    CHECK(read_file(log) == once + once);
}

TEST_CASE("a rustup without settings, which it would make, is not asked", "[cli]") {
    const NearHome home;
    install(home, sees_its_place(home));
    fs::remove(home / ".rustup/settings.toml");
    CHECK(home.migrate().exit_code == 0);
    CHECK_FALSE(fs::exists(home / ".rustup/settings.toml"));
}
