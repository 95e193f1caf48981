// A destination that holds something already: the rest of a killed copy, or the copy of the round
// before; and a source that changes meanwhile.
#include "support/copying.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/meanwhile.hpp"
#include "support/this_filesystem.hpp"
#include "tree/copied_entry.hpp"
#include "tree/mirror.hpp"
#include "tree/small_tree.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

using namespace rehome;
using namespace rehome::support;
using tree::Look;
using tree::Mirrored;
using tree_tests::check_equal;
using tree_tests::make_tree;

namespace {

// Changes what `copying` has in its destination, and mirrors again from nothing known.
template <class Change>
Mirrored mirror_over(Copying& copying, Change change) {
    make_tree(copying.source);
    copying.mirror();
    change(copying.destination);
    const Mirrored mirrored = copying.mirror();
    check_equal(copying);
    return mirrored;
}

Mirrored mirror_again(Copying& copying) {
    const std::filesystem::path old = copying.manifest_file.native() + ".old";
    std::filesystem::copy_file(
        copying.manifest_file, old, std::filesystem::copy_options::overwrite_existing);
    const auto before = tree::Manifest::open(old);
    return copying.mirror({.workers = 2, .before = &*before});
}

std::uint64_t copies_in(const FaultFs& fs) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        fs.calls(), [](const std::string& call) { return call.starts_with("copy "); }));
}

// Knows when the file "two" had been copied.
struct TimedCopy : os::Fs {
    os::FileCopy copy_file(const os::Location& from, const os::Location& to,
                           os::CopyBuffer& buffer) override {
        os::FileCopy copy = Fs::copy_file(from, to, buffer);
        if (to.name == "two") {
            copied_at = tree::now();
        }
        return copy;
    }

    std::int64_t copied_at = 0;
};

}  // namespace

TEST_CASE("what a killed copy left counts if it is equal", "[tree]") {
    Copying copying;
    CHECK(mirror_over(copying, [](const auto&) {}).changes == 0);
}

TEST_CASE("a leftover of the same size and time counts by its content alone", "[tree]") {
    Copying copying;
    const Mirrored mirrored = mirror_over(copying, [](const std::filesystem::path& place) {
        const std::int64_t time = info_of(place / "a/two").mtime;
        write_file(place / "a/two", "2x22");
        set_mtime(place / "a/two", time);
    });
    CHECK(mirrored.changes == 2);  // removed, made
}

TEST_CASE("each wrong attribute of a leftover is put right", "[tree]") {
    Copying copying;
    mirror_over(copying, [](const std::filesystem::path& place) {
        set_mode(place / "a/two", 0777);
        set_mode(place / "b/c", 01777);
        set_mtime(place / "b/c/three", 1);
        set_mtime(place / "a", 1);
        set_mtime(place / "a/link", 1);
        if (keeps_attributes(place)) {
            set_attribute(place / "b/c/four", "user.extra", "x");
            set_attribute(place / "b", "user.extra", "x");
            set_attribute(place, "user.extra", "x");
        }
        if (::geteuid() == 0) {
            set_owner(place / "b/c/four", 7, 8);
            set_owner(place / "b", 7, 8);
            set_owner(place / "a/link", 7, 8);
        }
    });
}

TEST_CASE("names too many and of another type are replaced", "[tree]") {
    Copying copying;
    mirror_over(copying, [](const std::filesystem::path& place) {
        write_file(place / "extra/a/b", "x");
        std::filesystem::create_symlink("/", place / "a/extra");
        std::filesystem::remove(place / "a/two");
        write_file(place / "a/two/inner", "a directory where a file belongs");
        std::filesystem::remove_all(place / "b/c");
        std::filesystem::create_symlink("/", place / "b/c");
        std::filesystem::remove(place / "a/link");
        write_file(place / "a/link", "one");
    });
    CHECK(std::filesystem::exists("/"));
}

TEST_CASE("a leftover of another type than the root is replaced", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    write_file(copying.destination, "a file");
    copying.mirror();
    check_equal(copying);
    std::filesystem::remove_all(copying.source);
    write_file(copying.source, "a file");
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("hard links of a leftover are put right", "[tree]") {
    Copying copying;
    mirror_over(copying, [](const std::filesystem::path& place) {
        std::filesystem::remove(place / "b/one");
        std::filesystem::copy_file(place / "a/one", place / "b/one");
        set_mtime(place / "b/one", info_of(place / "a/one").mtime);
    });
    // Two files of the source that are equal but two, and one in the leftover.
    for (const char* name : {"a/twin", "b/twin", "b/c/twin"}) {
        write_file(copying.source / name, "twin");
        set_mtime(copying.source / name, 5);
    }
    std::filesystem::create_hard_link(copying.source / "b/twin", copying.source / "b/twin-2");
    copying.mirror();
    check_equal(copying);
    for (const char* name : {"b/twin", "b/twin-2", "b/c/twin"}) {
        std::filesystem::remove(copying.destination / name);
        std::filesystem::create_hard_link(copying.destination / "a/twin",
                                          copying.destination / name);
    }
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("what is new below a directory with a default ACL does not inherit it", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    if (!keeps_attributes(copying.source)) {
        WARN("SKIPPED: this filesystem has no attributes");
        return;
    }
    for (const char* name : {"a", "b"}) {
        set_acl(copying.source / name, "system.posix_acl_default", 0777, {"u:1234:rwx"});
        set_mode(copying.source / name, 02775);
    }
    copying.mirror();
    std::filesystem::remove(copying.destination / "a/two");
    std::filesystem::remove_all(copying.destination / "b/c");
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("only what was touched is copied again", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    let_the_clock_tick();
    copying.mirror();
    FaultFs nothing;
    copying.use(nothing);
    CHECK(mirror_again(copying).changes == 0);
    CHECK(nothing.calls().empty());

    const std::int64_t time = info_of(copying.source / "a/two").mtime;
    write_file(copying.source / "a/two", "2x22");  // same size, and the same time
    set_mtime(copying.source / "a/two", time);
    write_file(copying.source / "b/c/new", "new");
    std::filesystem::remove(copying.source / "b/c/three");
    CHECK(copying.compare(copying.source, Look::untouched) ==
          "changed a/two, changed b/c, extra b/c/new, missing b/c/three");
    let_the_clock_tick();
    FaultFs some;
    copying.use(some);
    const Mirrored mirrored = mirror_again(copying);
    CHECK(copies_in(some) == 2);
    CHECK(mirrored.totals.entries == 10);
    check_equal(copying);
    CHECK(copying.compare(copying.source, Look::untouched).empty());
}

TEST_CASE("attributes and links that were changed are mirrored again", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    write_file(copying.source / "b/split", "linked");
    std::filesystem::create_hard_link(copying.source / "b/split", copying.source / "a/split");
    if (keeps_attributes(copying.source)) {
        set_attribute(copying.source / "b", "user.gone", "x");
        set_attribute(copying.source / "b/c", "user.gone", "x");
    }
    let_the_clock_tick();
    copying.mirror();
    set_mode(copying.source / "a/two", 0400);
    set_mode(copying.source / "a", 0500);
    if (keeps_attributes(copying.source)) {
        ::removexattr((copying.source / "b").c_str(), "user.gone");
        ::removexattr((copying.source / "b/c").c_str(), "user.gone");
        set_attribute(copying.source / "b/c/three", "user.new", "x");
    }
    std::filesystem::remove(copying.source / "a/link");
    std::filesystem::create_symlink("two", copying.source / "a/link");
    std::filesystem::create_hard_link(copying.source / "b/c/four", copying.source / "four");
    std::filesystem::rename(copying.source / "b/split", copying.source / "b/moved");
    mirror_again(copying);
    check_equal(copying);
    std::filesystem::remove(copying.source / "a/split");
    write_file(copying.source / "a/split", "linked");
    mirror_again(copying);
    check_equal(copying);
}

TEST_CASE("directories that were swapped are mirrored again", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    let_the_clock_tick();
    copying.mirror();
    std::filesystem::rename(copying.source / "a", copying.source / "t");
    std::filesystem::rename(copying.source / "b", copying.source / "a");
    std::filesystem::rename(copying.source / "t", copying.source / "b");
    mirror_again(copying);
    check_equal(copying);
}

TEST_CASE("what was changed a moment ago is never taken for unchanged", "[tree]") {
    // A machine that is busy elsewhere may let the moment pass: then once more.
    for (bool was_a_moment = false; !was_a_moment;) {
        Copying copying;
        make_tree(copying.source);
        let_the_clock_tick();
        TimedCopy fs;
        copying.use(fs);
        write_file(copying.source / "a/two", "fresh");
        copying.mirror();
        was_a_moment = fs.copied_at - info_of(copying.source / "a/two").ctime < 20'000'000;
        const std::string changed = copying.compare(copying.source, Look::untouched);
        CHECK((!was_a_moment || changed.find("changed a/two") != std::string::npos));
        let_the_clock_tick();
        mirror_again(copying);
        CHECK(copying.compare(copying.source, Look::untouched).empty());
    }
}

TEST_CASE("a file that changes while it is copied is copied again", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    let_the_clock_tick();
    int size = 0;
    Meanwhile fs("four", [&] {
        std::ofstream(copying.source / "b/c/four", std::ios::app) << "more" << ++size;
    });
    copying.use(fs);
    CHECK(copying.mirror().unsteady == 0);
    CHECK(fs.copied == 2);
    check_equal(copying);
}

TEST_CASE("a file that goes on changing is unsteady", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    let_the_clock_tick();
    Meanwhile fs(
        "four", [&] { std::ofstream(copying.source / "b/c/four", std::ios::app) << "more"; }, 99);
    copying.use(fs);
    CHECK(copying.mirror().unsteady == 1);
    CHECK(fs.copied == 3);
    const tree::Manifest& manifest = copying.manifest();
    const auto outer = manifest.entries(*tree::find(manifest.entries(manifest.root()), "b"));
    const auto inner = manifest.entries(*tree::find(outer, "c"));
    CHECK(tree::find(inner, "four")->ctime == 0);
    CHECK(tree::find(inner, "three")->ctime != 0);
    let_the_clock_tick();
    CHECK(copying.compare(copying.source, Look::untouched) == "changed b/c/four");
    os::Fs calm;
    copying.use(calm);
    CHECK(mirror_again(copying).unsteady == 0);
    check_equal(copying);
}

TEST_CASE("a file that vanishes while the tree is copied is left out", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    Meanwhile fs("four", [&] { std::filesystem::remove(copying.source / "b/c/four"); });
    fs.before = true;
    copying.use(fs);
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("what somebody makes at the place of the copy gives way", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    Meanwhile once("four", [&] { write_file(copying.destination / "b/c/four/x", "theirs"); });
    once.before = true;
    copying.use(once);
    copying.mirror();
    check_equal(copying);

    std::filesystem::remove_all(copying.destination);
    Meanwhile always(
        "four", [&] { write_file(copying.destination / "b/c/four", "theirs"); }, 99);
    always.before = true;
    copying.use(always);
    CHECK(error_of([&] { copying.mirror(); }).find("somebody goes on making") != std::string::npos);
}
