#include "os/mounts.hpp"

#include <catch2/catch.hpp>

using namespace rehome::os;

TEST_CASE("mountinfo is read with its escapes and options", "[os]") {
    const std::vector<Mount> mounts = parse_mounts(
        "36 35 98:0 /root /mnt\\040two rw,noatime shared:1 - ext4 /dev/root rw,errors=continue\n"
        "37 35 0:40 / /o rw - overlay overlay rw,lowerdir=/l,upperdir=/u,volatile\n"
        "nonsense\n");
    REQUIRE(mounts.size() == 2);
    CHECK(mounts[0].id == 36);
    CHECK(mounts[0].device == "98:0");
    CHECK(mounts[0].root == "/root");
    CHECK(mounts[0].point == "/mnt two");
    CHECK(mounts[0].root == "/root");
    CHECK(mounts[1].option_values("lowerdir") == std::vector<std::string>{"/l"});
    CHECK(mounts[1].option_values("lower").empty());
    CHECK(mounts[0].type == "ext4");
    CHECK(mounts[0].has_option("noatime"));
    CHECK(mounts[0].has_option("errors=continue"));
    CHECK_FALSE(is_volatile(mounts[0]));
    CHECK(is_volatile(mounts[1]));
}

TEST_CASE("memory filesystems are volatile and FAT has no links", "[os]") {
    CHECK(is_volatile({.type = "tmpfs"}));
    CHECK(lacks_symlinks({.type = "vfat"}));
    CHECK_FALSE(lacks_symlinks({.type = "btrfs"}));
    CHECK(ignores_case({.type = "hfsplus"}));
    CHECK(ignores_case({.type = "ntfs3", .options = {"rw", "nocase"}}));
    CHECK_FALSE(ignores_case({.type = "ext4"}));
}
