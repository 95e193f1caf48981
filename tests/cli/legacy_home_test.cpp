// `--legacy-home link`: the homes become their data directories, and their old paths links to them.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> link_homes{"--legacy-home", "link"};

// A migrated home with data, a cache, and its own directory in the place of the data.
struct LinkedHome : NearHome {
    LinkedHome() {
        write_file(*this / ".cargo/credentials.toml", "secret");
        fs::permissions(*this / ".cargo/credentials.toml",
                        fs::perms::owner_read | fs::perms::owner_write);
        before = snapshot();
    }

    void link() const {
        const CommandResult moved = migrate(link_homes);
        INFO(moved.err);
        REQUIRE(moved.exit_code == 0);
    }

    void check_back(const CommandResult& back) const {
        INFO(back.err);
        CHECK(back.exit_code == 0);
        CHECK(difference(before, snapshot()) == "");
    }

    [[nodiscard]] fs::path data() const { return *this / ".local/share/cargo"; }

    Snapshot before;
};

}  // namespace

TEST_CASE("a home becomes its data directory, and comes back", "[cli]") {
    const LinkedHome home;
    const CommandResult plan = home.run({"migrate", "--legacy-home", "link"});
    CHECK(contains(plan.out, "(the home)"));
    CHECK(plan.exit_code == 0);
    CHECK(difference(home.before, home.snapshot()) == "");

    home.link();
    CHECK(fs::read_symlink(home / ".cargo") == home.data());
    CHECK(fs::read_symlink(home / ".rustup") == home / ".local/share/rustup");
    CHECK(fs::is_regular_file(fs::symlink_status(home.data() / "credentials.toml")));
    CHECK(fs::read_symlink(home.data() / "registry") == home / ".cache/cargo/registry");
    CHECK(fs::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    CHECK(home.run({"status"}).exit_code == 0);
    CHECK(contains(home.run({"migrate"}).err, "nothing to do"));
    CHECK(contains(home.run({"migrate", "--legacy-home", "link"}).err, "nothing to do"));
    CHECK(contains(home.run({"repair"}).err, "nothing"));
    home.check_back(home.run({"rollback", "--yes"}));
}

TEST_CASE("what is new in a home that is a link moves to where it belongs", "[cli]") {
    const LinkedHome home;
    home.link();
    write_file(home / ".cargo/git/db/x", "x");
    write_file(home / ".cargo/env.fish", "x");
    const CommandResult moved = home.migrate();
    INFO(moved.err);
    CHECK(moved.exit_code == 0);
    CHECK(fs::is_symlink(home.data() / "git"));
    CHECK(fs::is_regular_file(fs::symlink_status(home.data() / "env.fish")));
    CHECK(home.run({"rollback", "--all", "--yes"}).exit_code == 0);
    fs::remove_all(home / ".cargo/git");
    fs::remove(home / ".cargo/env.fish");
    CHECK(fs::is_directory(fs::symlink_status(home / ".cargo")));
}

TEST_CASE("a home goes nowhere by copy, and into no directory that holds something", "[cli]") {
    const LinkedHome home;
    write_file(home.data() / "x", "x");
    const CommandResult taken = home.run({"migrate", "--legacy-home", "link"});
    CHECK(taken.exit_code == 3);
    CHECK(contains(taken.err, fmt::format("'{}' has to go to", (home / ".cargo").string())));
    CHECK(contains(taken.err, "but something is there"));
    if (const auto disk = mount_or_skip(Filesystem::tmpfs)) {
        const CommandResult far = home.migrate(
            {"--legacy-home", "link", "--allow-volatile", "--data-dir", disk->path().string()});
        CHECK(far.exit_code == 3);
        CHECK(contains(far.err, "a home is not copied"));
    }
    fs::remove_all(home / ".local/share");
    CHECK(fs::is_directory(fs::symlink_status(home / ".cargo")));
}

TEST_CASE("from one legacy home to the other the way is through a rollback", "[cli]") {
    const LinkedHome home;
    const bool is_linked = GENERATE(true, false);
    const CommandResult first = is_linked ? home.migrate(link_homes) : home.migrate();
    REQUIRE(first.exit_code == 0);
    const CommandResult changed =
        home.run({"migrate", "--legacy-home", is_linked ? "keep" : "link"});
    CHECK(changed.exit_code == 3);
    CHECK(contains(changed.err,
                   is_linked ? "was migrated with --legacy-home link"
                             : "was migrated with --legacy-home keep"));
    CHECK(contains(changed.err, "rehome rollback --all"));
    CHECK_FALSE(contains(changed.err, "something is there"));
    CHECK(home.run({"migrate", "--legacy-home", "gone"}).exit_code == 2);
}

TEST_CASE("links that lead out of a home lead there from its new place, too", "[cli]") {
    const LinkedHome home;
    write_file(home / "dotfiles/audit.toml", "audited");
    fs::create_symlink("../dotfiles/audit.toml", home / ".cargo/audit.toml");
    fs::create_directory(home / ".cargo/bin");
    fs::create_symlink("../../.cargo/credentials.toml", home / ".cargo/bin/round");
    fs::create_symlink("../credentials.toml", home / ".cargo/bin/inside");
    const Snapshot before = home.snapshot(Inodes::left_out);
    home.link();
    CHECK(read_file(home.data() / "audit.toml") == "audited");
    CHECK(read_file(home.data() / "bin/round") == "secret");
    CHECK(read_file(home.data() / "bin/inside") == "secret");
    CHECK(fs::read_symlink(home.data() / "bin/inside") == "../credentials.toml");
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home.snapshot(Inodes::left_out)) == "");
}

TEST_CASE("a secret that comes along with its home is closed before it moves", "[cli]") {
    const LinkedHome home;
    fs::permissions(home / ".cargo/credentials.toml",
                    fs::perms::group_read | fs::perms::others_read,
                    fs::perm_options::add);
    home.link();
    CHECK(fs::status(home.data() / "credentials.toml").permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a closed home may go into an open directory", "[cli]") {
    const LinkedHome home;
    fs::create_directories(home / ".local/share");
    fs::permissions(home / ".cargo", fs::perms::owner_all);
    home.link();
    CHECK(fs::status(home.data()).permissions() == fs::perms::owner_all);
}

TEST_CASE("a home that a tool has made in the place of the link is told, and kept", "[cli]") {
    const LinkedHome home;
    home.link();
    fs::remove(home / ".cargo");
    CHECK(contains(home.run({"doctor"}).out, "ln -s "));
    write_file(home / ".cargo/config.toml", "stray");
    const CommandResult doctor = home.run({"doctor"});
    INFO(doctor.out);
    CHECK(doctor.exit_code == 6);
    CHECK(contains(doctor.out, "mv -nT ~/.cargo ~/.cargo.old && ln -s"));
    CHECK(contains(home.run({"repair"}).err, "nothing"));
    const CommandResult refused = home.run({"rollback", "--yes"});
    INFO(refused.err);
    CHECK(refused.exit_code == 5);
    CHECK(contains(refused.err, "is a directory again"));
    CHECK(read_file(home.data() / "credentials.toml") == "secret");
    CHECK(read_file(home / ".cargo/config.toml") == "stray");

    fs::rename(home / ".cargo", home / ".cargo.old");
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);  // also without the link
    fs::remove_all(home / ".cargo.old");
    CHECK(difference(home.before, home.snapshot()) == "");
}

// The home is where its pointer is: what is made at the target after a rollback was killed is not.
TEST_CASE("what somebody makes at the target while a home comes back is no home", "[cli]") {
    const LinkedHome home;
    home.link();
    fs::rename(home.data(), home / "real");
    fs::remove(home / ".cargo");
    fs::rename(home / "real", home / ".cargo");
    write_file(home.data() / "x", "x");
    const CommandResult back = home.run({"rollback", "--yes"});
    INFO(back.err);
    CHECK(fs::is_directory(fs::symlink_status(home / ".cargo")));
    CHECK(read_file(home / ".cargo/credentials.toml") == "secret");
    CHECK(fs::is_directory(fs::symlink_status(home / ".cargo/registry")));
}

TEST_CASE("a kept original of a home that is not reached is no leftover", "[cli][across]") {
    const auto disk = mount_or_skip(Filesystem::tmpfs);
    if (!disk) {
        return;
    }
    const LinkedHome home;
    const CommandResult moved = home.migrate({"--legacy-home",
                                              "link",
                                              "--allow-volatile",
                                              "--keep-originals",
                                              "--cache-dir",
                                              disk->path().string()});
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    REQUIRE(fs::exists(home.data() / ".rehome-1-registry"));
    CHECK_FALSE(contains(home.run({"doctor"}).out, "leftover"));
    fs::remove(home / ".cargo");
    CHECK_FALSE(contains(home.run({"doctor"}).out, "leftover"));
    home.check_back(home.run({"rollback", "--yes"}));
}
