#include "apply/item_state.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using apply::ItemState;

namespace {

struct Pair {
    support::TempDir directory;
    plan::Switch step{.item = "cargo/registry",
                      .path = directory / "old/registry",
                      .target = directory / "new/registry",
                      .directory = true,
                      .regenerable = true,
                      .identity = {},
                      .replaces = std::nullopt};

    Pair() {
        std::filesystem::create_directory(directory / "old");
        std::filesystem::create_directory(directory / "new");
    }

    [[nodiscard]] ItemState state() const {
        const os::ReadFs fs;
        return apply::state_of(fs, apply::open_places(fs, step, "1", 1));
    }

    void link(const std::filesystem::path& at, const std::filesystem::path& text) const {
        std::filesystem::create_symlink(text, at);
    }
};

}  // namespace

TEST_CASE("an item's state is told by what stands at its two places", "[apply]") {
    const Pair pair;
    CHECK(pair.state() == ItemState::gone);
    std::filesystem::create_directory(pair.step.path);
    CHECK(pair.state() == ItemState::unswitched);
    pair.link(pair.step.target, pair.step.target);
    CHECK(pair.state() == ItemState::unswitched);
    std::filesystem::remove(pair.step.target);
    std::filesystem::rename(pair.step.path, pair.step.target);
    CHECK(pair.state() == ItemState::half);
    pair.link(pair.step.path, pair.step.target);
    CHECK(pair.state() == ItemState::switched);
    std::filesystem::remove(pair.step.target);
    CHECK(pair.state() == ItemState::purged);
    std::filesystem::remove(pair.step.path);
    pair.link(pair.step.path, ".rehome-peer-1");
    CHECK(pair.state() == ItemState::purged);
    for (const std::string& text :
         {pair.step.target.lexically_relative(pair.step.path.parent_path()).string(),
          pair.step.target.string() + "/"}) {
        std::filesystem::remove(pair.step.path);
        pair.link(pair.step.path, text);
        CHECK(pair.state() == ItemState::purged);
        std::filesystem::create_directory(pair.step.target);
        CHECK(pair.state() == ItemState::switched);
        std::filesystem::remove(pair.step.target);
    }
}

TEST_CASE("a link with another text is a thing of the user", "[apply]") {
    const Pair pair;
    std::filesystem::create_directory(pair.step.target);
    pair.link(pair.step.path, pair.directory / "elsewhere");
    CHECK(pair.state() == ItemState::conflict);
}

TEST_CASE("an empty directory that the plan replaces counts as nothing", "[apply]") {
    Pair pair;
    std::filesystem::create_directory(pair.step.path);
    std::filesystem::create_directory(pair.step.target);
    CHECK(pair.state() == ItemState::conflict);
    pair.step.replaces = plan::EmptyDirectory{0700, 0};
    CHECK(pair.state() == ItemState::unswitched);
    support::write_file(pair.step.target / "file", "x");
    CHECK(pair.state() == ItemState::conflict);
}

TEST_CASE("one file under both names has not moved", "[apply]") {
    Pair pair;
    pair.step.directory = false;
    support::write_file(pair.step.path, "x");
    std::filesystem::create_hard_link(pair.step.path, pair.step.target);
    CHECK(pair.state() == ItemState::unswitched);
    std::filesystem::remove(pair.step.target);
    support::write_file(pair.step.target, "x");
    CHECK(pair.state() == ItemState::conflict);
}

TEST_CASE("a place whose directory is gone holds nothing", "[apply]") {
    const Pair pair;
    std::filesystem::create_directory(pair.step.path);
    std::filesystem::remove(pair.directory / "new");
    CHECK(pair.state() == ItemState::unswitched);
}
