// A destination that is an original, brought up to date with what became of its copy.
#include "support/copying.hpp"
#include "support/files.hpp"
#include "support/meanwhile.hpp"
#include "tree/mirror.hpp"
#include "tree/small_tree.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace rehome;
using namespace rehome::support;
using tree::Look;
using tree_tests::check_equal;
using tree_tests::make_tree;

namespace {

// An original that was copied, and then both went on: what comes home again, and what is there.
struct WayBack {
    Copying out;
    Copying home;
    std::vector<std::string> told;

    WayBack() {
        make_tree(out.source);
        write_file(out.source / "proxy/1", "all the same");
        for (const char* name : {"proxy/2", "proxy/3"}) {
            std::filesystem::create_hard_link(out.source / "proxy/1", out.source / name);
        }
        let_the_clock_tick();
        out.mirror();
        std::filesystem::rename(out.destination, home.source);
    }

    void bring_home(os::Fs& fs, unsigned workers = 2) {
        std::filesystem::rename(out.source, home.destination);
        const tree::Keep keep{.manifest = out.manifest(),
                              .suffix = ".late",
                              .tell = [&](const std::filesystem::path& path) {
                                  told.push_back(
                                      path.lexically_relative(home.destination).string());
                              }};
        home.use(fs);
        home.mirror({.workers = workers, .keep = &keep});
        std::ranges::sort(told);
    }

    [[nodiscard]] std::string read(const char* name) const {
        return read_file(home.destination / name);
    }
};

}  // namespace

TEST_CASE("an original that nobody wrote to is only brought up to date", "[tree]") {
    WayBack back;
    write_file(back.home.source / "a/two", "changed");
    std::filesystem::remove_all(back.home.source / "b/c");
    write_file(back.home.source / "new", "new");
    os::Fs fs;
    back.bring_home(fs);
    CHECK(back.told.empty());
    check_equal(back.home);
}

TEST_CASE("what was written late into an original is kept and told", "[tree]") {
    WayBack back;
    write_file(back.home.source / "a/two", "changed");
    std::filesystem::remove_all(back.home.source / "b/c");
    std::filesystem::remove(back.home.source / "a/link");
    write_file(back.home.source / "clash", "ours");

    const std::int64_t time = info_of(back.out.source / "a/two").mtime;
    write_file(back.out.source / "a/two", "late");  // the size that it had, and its time
    set_mtime(back.out.source / "a/two", time);
    write_file(back.out.source / "a/two.late", "taken");
    write_file(back.out.source / "b/c/deep/late", "late too");
    write_file(back.out.source / "clash/late", "a directory where a file comes");
    write_file(back.out.source / "apart", "in nobody's way");

    os::Fs fs;
    back.bring_home(fs);
    CHECK(back.told == std::vector<std::string>{"a/two.late.2", "b/c.late", "clash.late"});
    CHECK(back.read("a/two") == "changed");
    CHECK(back.read("a/two.late") == "taken");
    CHECK(back.read("a/two.late.2") == "late");
    CHECK(back.read("b/c.late/deep/late") == "late too");
    CHECK(back.read("clash") == "ours");
    CHECK(back.read("clash.late/late") == "a directory where a file comes");
    CHECK(back.read("apart") == "in nobody's way");
    CHECK_FALSE(std::filesystem::exists(back.home.destination / "b/c"));
    CHECK(back.home.compare(back.home.destination, Look::content) ==
          "extra a/two.late, extra a/two.late.2, extra apart, extra b/c.late, extra clash.late");
}

TEST_CASE("a file that appears in an original at the last moment is kept", "[tree]") {
    WayBack back;
    write_file(back.home.source / "a/new", "ours");
    Meanwhile fs(".rehome-copy-0", [&] { write_file(back.home.destination / "a/new", "theirs"); });
    fs.before = true;
    back.bring_home(fs, 1);  // its staging name is the first worker's
    CHECK(back.told == std::vector<std::string>{"a/new.late"});
    CHECK(back.read("a/new") == "ours");
    CHECK(back.read("a/new.late") == "theirs");
}

// Whichever of the names the walk meets first.
TEST_CASE("an original of hard links that was deleted in part is whole again", "[tree]") {
    const char* name = GENERATE("proxy/1", "proxy/2", "proxy/3");
    WayBack back;
    std::filesystem::remove(back.out.source / name);
    os::Fs fs;
    back.bring_home(fs);
    CHECK(back.told.empty());
    check_equal(back.home);
}

TEST_CASE("what was written late into one of several hard links is kept", "[tree]") {
    WayBack back;
    write_file(back.out.source / "proxy/2", "late");
    os::Fs fs;
    back.bring_home(fs);
    REQUIRE_FALSE(back.told.empty());
    CHECK(back.read(back.told.front().c_str()) == "late");
    CHECK(back.read("proxy/2") == "all the same");
}

TEST_CASE("a hard link that leads out of an original stays", "[tree]") {
    WayBack back;
    const std::filesystem::path outside = back.home.root() / "outside";
    std::filesystem::create_hard_link(back.out.source / "b/c/three", outside);
    os::Fs fs;
    back.bring_home(fs);
    CHECK(info_of(outside).inode == info_of(back.home.destination / "b/c/three").inode);
    CHECK(back.told.empty());
}
