#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <optional>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a temporary directory goes with everything in it", "[support]") {
    fs::path path;
    {
        const TempDir directory;
        path = directory.path();
        CHECK(fs::is_empty(path));
        write_file(directory / "a/b/file", "text");
        fs::create_directory_symlink("/", directory / "a/root");
        fs::create_symlink("nowhere", directory / "dangling");
        fs::permissions(directory / "a/b/file", fs::perms::none);
        fs::permissions(directory / "a/b", fs::perms::none);
        fs::permissions(directory / "a", fs::perms::owner_read | fs::perms::owner_exec);
    }
    CHECK_FALSE(fs::exists(path));
    CHECK(fs::exists("/"));
}

TEST_CASE("two temporary directories differ", "[support]") {
    const TempDir one;
    const TempDir other;
    CHECK(one.path() != other.path());
}

TEST_CASE("a temporary directory goes with immutable entries", "[support]") {
    const auto chattr = which("chattr");
    fs::path path;
    {
        const TempDir directory;
        path = directory.path();
        write_file(directory / "closed/immutable", "text");
        write_file(directory / "closed/append-only", "text");
        if (!chattr || run({.program = *chattr,
                            .arguments = {"+i", (directory / "closed/immutable").string()}})
                               .exit_code != 0) {
            std::cout << "SKIPPED: immutable files need chattr, root and a filesystem with flags\n";
            return;
        }
        run({.program = *chattr, .arguments = {"+a", (directory / "closed/append-only").string()}});
        run({.program = *chattr, .arguments = {"+i", (directory / "closed").string()}});
        std::error_code code;
        REQUIRE_FALSE(fs::remove(directory / "closed/immutable", code));
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("what is mounted in a temporary directory is left alone", "[support]") {
    const auto mount = which("mount");
    const auto umount = which("umount");
    const TempDir outer;
    write_file(outer / "precious/file", "text");
    const fs::path precious = outer / "precious";
    std::optional<TempDir> inner(std::in_place);
    const fs::path place = *inner / "mounted";
    fs::create_directory(place);
    if (!mount || !umount ||
        run({.program = *mount, .arguments = {"--bind", precious.string(), place.string()}})
                .exit_code != 0) {
        std::cout << "SKIPPED: a bind mount needs root\n";
        return;
    }
    inner.reset();
    CHECK(fs::exists(precious / "file"));
    run({.program = *umount, .arguments = {place.string()}});
    fs::remove_all(place.parent_path());
}

}  // namespace
}  // namespace rehome::support
