#include "os/tree_users.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace rehome;

namespace {

constexpr const char* no_namespace = "SKIPPED: no mount namespace of one's own can be made here\n";

support::Command shell(const std::string& script, const std::filesystem::path& directory) {
    return {.program = "/bin/sh",
            .arguments = {"-c", script},
            .variables = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}},
            .working_directory = directory};
}

// Until it has written a line; false if it ends without one.
bool is_ready(support::RunningCommand& command) {
    while (command.out_so_far().empty()) {
        if (!command.is_running()) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

// Two trees and a place beside them whose name begins like the first.
struct Trees {
    support::TempDir directory;
    std::vector<std::filesystem::path> paths{directory / "tree", directory / "one.toml"};

    Trees() {
        support::write_file(directory / "tree/sub/file", "a file with some text");
        support::write_file(directory / "tree-2/file", "x");
        support::write_file(directory / "one.toml", "x");
    }

    // Those that the command uses once it is ready; nothing if it cannot be had.
    std::optional<std::vector<os::TreeUser>> used_by(const support::Command& program) {
        support::RunningCommand command(program);
        if (!is_ready(command)) {
            return std::nullopt;
        }
        std::vector<os::TreeUser> users = os::users_of(paths);
        std::erase_if(users, [&](const os::TreeUser& user) { return user.id != command.id(); });
        return users;
    }

    std::optional<std::vector<os::TreeUser>> used_by(const std::string& script) {
        return used_by(shell(script + "; echo ready; exec sleep 60", directory.path()));
    }

    // In a mount namespace of its own.
    std::optional<std::vector<os::TreeUser>> used_apart_by(const std::string& script) {
        return used_by("exec unshare -m sh -ec '" + script + "; echo ready; exec sleep 60'");
    }
};

}  // namespace

TEST_CASE("an open descriptor is a use, and one for writing is told", "[os]") {
    Trees trees;
    const auto readers = trees.used_by("cd /; exec 3<" + (trees.paths[0] / "sub/file").string());
    REQUIRE(readers);
    REQUIRE(readers->size() == 1);
    CHECK(readers->front().tree == 0);
    CHECK_FALSE(readers->front().writes);
    CHECK(readers->front().what == trees.paths[0] / "sub/file");
    const auto writers = trees.used_by("exec 3<tree/sub/file 4>>one.toml 5>>tree/new; cd /");
    REQUIRE(writers);
    REQUIRE(writers->size() == 2);
    for (const os::TreeUser& user : *writers) {
        CHECK(user.writes);
        CHECK(user.what == (user.tree == 0 ? trees.paths[0] / "new" : trees.paths[1]));
    }
}

TEST_CASE("a working directory is a use, a neighbour's is not", "[os]") {
    Trees trees;
    support::RunningCommand at_top({.program = *support::which("sleep"),
                                    .arguments = {"60"},
                                    .working_directory = trees.paths[0]});
    support::RunningCommand beside({.program = *support::which("sleep"),
                                    .arguments = {"60"},
                                    .working_directory = trees.directory / "tree-2"});
    const std::vector<os::TreeUser> users = os::users_of(trees.paths);
    REQUIRE(users.size() == 1);
    CHECK(users[0].id == at_top.id());
    CHECK(users[0].what == trees.paths[0]);
    CHECK_FALSE(users[0].writes);
}

TEST_CASE("a program that runs from a tree uses it", "[os]") {
    Trees trees;
    const auto program = trees.paths[0] / "tool";
    std::filesystem::copy_file(*support::which("sleep"), program);
    const support::RunningCommand tool({.program = program, .arguments = {"60"}});
    const std::vector<os::TreeUser> users = os::users_of(trees.paths);
    CHECK(users == std::vector<os::TreeUser>{{tool.id(), "tool", 0, false, program}});
}

TEST_CASE("what was removed or renamed is known by where it is now", "[os]") {
    Trees trees;
    const auto removed = trees.used_by("exec 3<one.toml; rm one.toml; cd /");
    REQUIRE(removed);
    REQUIRE(removed->size() == 1);
    CHECK(removed->front().what == trees.paths[1]);
    const auto aside = trees.directory / "aside";
    support::RunningCommand stays(shell("echo ready; exec sleep 60", trees.directory / "tree/sub"));
    REQUIRE(is_ready(stays));
    std::filesystem::rename(trees.paths[0], aside);
    CHECK(os::users_of(trees.paths).empty());
    CHECK(os::users_of({aside}).size() == 1);
}

TEST_CASE("a file that is only mapped is used", "[os]") {
    Trees trees;
    if (!support::which("python3")) {
        std::cout << "SKIPPED: no python3 on PATH\n";
        return;
    }
    const auto map = [&](const std::string& mode, const std::string& access) {
        return trees.used_by({.program = *support::which("python3"),
                              .arguments = {"-c",
                                            "import mmap, os, time\n"
                                            "d = os.open('sub/a\\nb', " +
                                                mode +
                                                ")\n"
                                                "m = mmap.mmap(d, 4, access=mmap.ACCESS_" +
                                                access +
                                                ")\n"
                                                "os.closerange(3, 99)\n"
                                                "os.chdir('/')\n"
                                                "print('ready', flush=True)\n"
                                                "time.sleep(60)"},
                              .working_directory = trees.paths[0]});
    };
    support::write_file(trees.paths[0] / "sub/a\nb", "text");
    const auto readers = map("os.O_RDONLY", "READ");
    REQUIRE(readers);
    REQUIRE(readers->size() == 1);
    CHECK_FALSE(readers->front().writes);
    CHECK(readers->front().what == trees.paths[0] / "sub/a\nb");
    const auto writers = map("os.O_RDWR", "WRITE");
    REQUIRE(writers);
    REQUIRE(writers->size() == 1);
    CHECK(writers->front().writes);
}

TEST_CASE("this process is no user of a tree", "[os]") {
    const Trees trees;
    const std::ofstream file(trees.paths[1]);
    CHECK(os::users_of(trees.paths).empty());
    CHECK(os::users_of({trees.directory / "none"}).empty());
    CHECK(os::users_of({}).empty());
}

TEST_CASE("a part that is mounted in another namespace is used there", "[os]") {
    Trees trees;
    std::filesystem::create_directory(trees.directory / "other");
    const auto mounted = trees.used_apart_by("mount --bind tree/sub other; cd /");
    if (!mounted) {
        std::cout << no_namespace;
        return;
    }
    REQUIRE(mounted->size() == 1);
    CHECK(mounted->front().tree == 0);
    CHECK(mounted->front().writes);
    CHECK(mounted->front().what == trees.directory / "other");
    const auto read_only =
        trees.used_apart_by("mount --bind tree/sub other; mount -o remount,ro,bind other; cd /");
    REQUIRE(read_only);
    REQUIRE(read_only->size() == 1);
    CHECK_FALSE(read_only->front().writes);
    CHECK(trees.used_apart_by("cd /").value().empty());
}

TEST_CASE("a file is found under the path that another namespace has for it", "[os]") {
    Trees trees;
    std::filesystem::create_directory(trees.directory / "other");
    const auto users =
        trees.used_apart_by("mount --bind . other; exec 3>>other/tree/sub/file; cd /");
    if (!users) {
        std::cout << no_namespace;
        return;
    }
    REQUIRE(users->size() == 1);
    CHECK(users->front().writes);
    CHECK(users->front().what == trees.directory / "other/tree/sub/file");
}

TEST_CASE("a descriptor taken along into a root of its own is found", "[os]") {
    Trees trees;
    const auto users = trees.used_by(
        "mkdir new; exec 3>>one.toml; exec unshare -m sh -ec '"
        "mount -t tmpfs none new; cd new; mkdir usr; mount --bind /usr usr; ln -s usr/* .; "
        "exec chroot . sh -c \"echo ready; exec sleep 60\"'");
    if (!users) {
        std::cout << no_namespace;
        return;
    }
    REQUIRE(users->size() == 1);
    CHECK(users->front().tree == 1);
    CHECK(users->front().writes);
}
