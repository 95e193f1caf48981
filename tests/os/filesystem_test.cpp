#include "os/read_fs.hpp"
#include "support/files.hpp"
#include "support/loop_device.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <vector>

using namespace rehome;
using support::Filesystem;

TEST_CASE("a filesystem is known again when its disk has another number", "[os]") {
    for (const Filesystem filesystem : {Filesystem::ext4, Filesystem::xfs}) {
        const auto disk = support::mount_or_skip(filesystem);
        const auto other = support::mount_or_skip(filesystem);
        if (!disk || !other) {
            return;
        }
        const os::ReadFs fs;
        const auto device = [&] { return fs.look(fs.open(disk->path())).device; };
        const auto id = [&](const support::Mounted& one) {
            return fs.filesystem_of(fs.open(one.path()));
        };
        const auto first_device = device();
        const os::FilesystemId first = id(*disk);
        CHECK(id(*other) != first);

        const support::TempDir directory;
        support::write_file(directory / "file", "");
        std::filesystem::resize_file(directory / "file", 1 << 20);
        std::vector<std::unique_ptr<support::LoopDevice>> in_the_way;
        while (device() == first_device && in_the_way.size() < 10) {
            disk->unmount();
            in_the_way.push_back(std::make_unique<support::LoopDevice>(directory / "file"));
            disk->mount();
        }
        REQUIRE(device() != first_device);
        CHECK(id(*disk) == first);
    }
}
