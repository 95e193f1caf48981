#include "scan/layers.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace rehome;
using scan::may_be_in_lower_layer;

namespace {

// Directories that look like the layers of an overlay mounted at /merged.
struct Layers {
    support::TempDir directory;
    os::Mount mount{.root = "/", .point = "/merged", .type = "overlay"};
    os::ReadFs fs;

    Layers() {
        support::write_file(directory / "lower/old/x", "x");
        support::write_file(directory / "lower/both/x", "x");
        support::write_file(directory / "upper/both/x", "x");
        support::write_file(directory / "upper/new/x", "x");
        options((directory / "lower").string(), "off");
    }

    void options(const std::string& lower, const std::string& redirect) {
        mount.options = {"rw",
                         "lowerdir=" + lower,
                         "upperdir=" + (directory / "upper").string(),
                         "redirect_dir=" + redirect};
    }

    [[nodiscard]] bool stuck(const std::string& path) const {
        return may_be_in_lower_layer(fs, mount, path);
    }
};

}  // namespace

TEST_CASE("a directory with a lower layer cannot be renamed", "[scan]") {
    const Layers layers;
    CHECK(layers.stuck("/merged/old"));
    CHECK(layers.stuck("/merged/both"));
    CHECK_FALSE(layers.stuck("/merged/new"));
}

TEST_CASE("with redirect_dir=on, or without an overlay, it can", "[scan]") {
    Layers layers;
    layers.options((layers.directory / "lower").string(), "on");
    CHECK_FALSE(layers.stuck("/merged/old"));
    layers.options((layers.directory / "lower").string(), "off");
    layers.mount.type = "ext4";
    CHECK_FALSE(layers.stuck("/merged/old"));
}

TEST_CASE("layers that cannot be seen from here may hold anything", "[scan]") {
    Layers layers;
    const std::string lower = (layers.directory / "lower").string();
    for (const std::string& hidden : {std::string("/nowhere"), lower + ":l/ABC", lower + "\\:"}) {
        layers.options(hidden, "off");
        CHECK(layers.stuck("/merged/new"));
    }
    layers.options(lower, "off");
    layers.mount.options[2] = "upperdir=/nowhere";
    CHECK(layers.stuck("/merged/new"));
}

TEST_CASE("a bind mount of a part of an overlay is found in its layers", "[scan]") {
    Layers layers;
    support::write_file(layers.directory / "lower/home/old/x", "x");
    support::write_file(layers.directory / "upper/home/new/x", "x");
    layers.mount.root = "/home";
    layers.mount.point = "/h";
    CHECK(layers.stuck("/h/old"));
    CHECK_FALSE(layers.stuck("/h/new"));
}
