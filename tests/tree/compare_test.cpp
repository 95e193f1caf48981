#include "base/error.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"
#include "support/this_filesystem.hpp"
#include "tree/compare.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <utility>

using namespace rehome;
using namespace rehome::support;
using tree::Look;

namespace {

void make_tree(const std::filesystem::path& root) {
    write_file(root / "a/file", "1111");
    write_file(root / "a/other", text_of_size(9000));
    write_file(root / "b/c/linked", "3333");
    write_file(root / "twin", "twin");
    std::filesystem::create_symlink("file", root / "a/link");
    std::filesystem::create_hard_link(root / "b/c/linked", root / "a/linked");
    std::filesystem::create_hard_link(root / "b/c/linked", root / "linked");
    std::filesystem::create_hard_link(root / "twin", root / "b/twin");
    for (const char* name : {"b/c/linked", "twin", "a/file"}) {
        set_mtime(root / name, 1'000'000'007);
    }
}

// A tree, its copy and its manifest, all as they were.
struct Compared : Copying {
    Compared() {
        make_tree(source);
        let_the_clock_tick();
        mirror();
    }
};

// Changes one thing in a copy; what each look at the copy says.
std::pair<std::string, std::string>
looks_after(const std::function<void(const std::filesystem::path&)>& change) {
    const Compared compared;
    change(compared.destination);
    return {compared.compare(compared.destination, Look::metadata),
            compared.compare(compared.destination, Look::content)};
}

void check_both(const std::string& expected,
                const std::function<void(const std::filesystem::path&)>& change) {
    const auto [metadata, content] = looks_after(change);
    CHECK(metadata == expected);
    CHECK(content == expected);
}

// Does something and gives the directory its time back.
template <class Change>
void quietly(const std::filesystem::path& directory, Change change) {
    const std::int64_t time = info_of(directory).mtime;
    change();
    set_mtime(directory, time);
}

void rewrite(const std::filesystem::path& file, const std::string& text) {
    const std::int64_t time = info_of(file).mtime;
    write_file(file, text);
    set_mtime(file, time);
}

void replace_link(const std::filesystem::path& link, const std::string& text) {
    const std::int64_t time = info_of(link).mtime;
    quietly(link.parent_path(), [&] {
        std::filesystem::remove(link);
        std::filesystem::create_symlink(text, link);
        set_mtime(link, time);
    });
}

}  // namespace

TEST_CASE("a copy is equal to its manifest, and an original untouched", "[tree]") {
    const Compared compared;
    for (const Look look : {Look::metadata, Look::content}) {
        CHECK(compared.compare(compared.destination, look).empty());
        CHECK(compared.compare(compared.source, look).empty());
    }
    CHECK(compared.compare(compared.source, Look::untouched).empty());
    CHECK_FALSE(compared.compare(compared.destination, Look::untouched).empty());
}

TEST_CASE("each attribute that was changed in a copy is seen", "[tree]") {
    for (const char* name : {"a/file", "a", ""}) {
        const std::string expected = std::string("changed ") + name;
        check_both(expected, [&](const auto& root) { set_mode(root / name, 0701); });
        check_both(expected, [&](const auto& root) {
            set_mtime(root / name, info_of(root / name).mtime + 1);
        });
        if (::geteuid() == 0) {
            check_both(expected, [&](const auto& root) { set_owner(root / name, 7, 0); });
            check_both(expected, [&](const auto& root) { set_owner(root / name, 0, 7); });
        }
    }
    check_both("changed a/link", [](const auto& root) { set_mtime(root / "a/link", 1); });
    if (::geteuid() == 0) {
        check_both("changed a/link", [](const auto& root) { set_owner(root / "a/link", 7, 7); });
    }
}

TEST_CASE("each extended attribute that was changed in a copy is seen", "[tree]") {
    if (!keeps_attributes(TempDir().path())) {
        WARN("SKIPPED: this filesystem has no attributes");
        return;
    }
    for (const char* name : {"a/file", "a", ""}) {
        const std::string expected = std::string("changed ") + name;
        check_both(expected,
                   [&](const auto& root) { set_attribute(root / name, "user.new", "x"); });
        check_both(expected, [&](const auto& root) {
            set_acl(
                root / name, "system.posix_acl_access", info_of(root / name).mode, {"u:1234:r"});
            set_mode(root / name, name[0] == '\0' || name[1] == '\0' ? 0755 : 0644);
        });
    }
    check_both("changed a", [&](const auto& root) {
        set_acl(root / "a", "system.posix_acl_default", 0755, {"u:1234:r"});
    });
}

TEST_CASE("names too many, too few and of another type are seen in a copy", "[tree]") {
    check_both("changed a, extra a/new", [](const auto& root) { write_file(root / "a/new", ""); });
    check_both("extra b/c/d", [](const auto& root) {
        quietly(root / "b/c", [&] { write_file(root / "b/c/d/e/f", ""); });
    });
    check_both("missing a/file", [](const auto& root) {
        quietly(root / "a", [&] { std::filesystem::remove(root / "a/file"); });
    });
    check_both("missing b", [](const auto& root) {
        quietly(root, [&] { std::filesystem::remove_all(root / "b"); });
    });
    check_both("changed b", [](const auto& root) {
        quietly(root, [&] {
            std::filesystem::remove_all(root / "b");
            write_file(root / "b", "");
        });
    });
    check_both("changed a/file", [](const auto& root) {
        quietly(root / "a", [&] {
            std::filesystem::remove(root / "a/file");
            std::filesystem::create_directory(root / "a/file");
        });
    });
    check_both("missing ", [](const auto& root) { std::filesystem::remove_all(root); });
    check_both("changed ", [](const auto& root) {
        std::filesystem::remove_all(root);
        std::filesystem::create_symlink("from", root);
    });
}

TEST_CASE("a changed byte is seen by content, a changed link by every look", "[tree]") {
    const auto [metadata, content] =
        looks_after([](const auto& root) { rewrite(root / "a/file", "1121"); });
    CHECK(metadata.empty());
    CHECK(content == "changed a/file");
    check_both("changed a/other",
               [](const auto& root) { rewrite(root / "a/other", text_of_size(9001)); });
    check_both("changed a/link", [](const auto& root) { replace_link(root / "a/link", "fil2"); });
    check_both("changed a/link", [](const auto& root) { replace_link(root / "a/link", "f"); });
}

TEST_CASE("hard links that were parted or joined in a copy are seen", "[tree]") {
    const auto [metadata, content] = looks_after([](const std::filesystem::path& root) {
        quietly(root / "b/c", [&] {
            std::filesystem::copy_file(root / "b/c/linked", root / "b/c/copy");
            std::filesystem::rename(root / "b/c/copy", root / "b/c/linked");
            set_mtime(root / "b/c/linked", 1'000'000'007);
        });
    });
    CHECK(metadata.starts_with("changed "));
    CHECK(content.starts_with("changed "));

    // Two files, or two groups, that are one now.
    const auto join = [](const char* one, const char* other) {
        return looks_after([&](const std::filesystem::path& root) {
            for (const char* name : {one, other}) {
                rewrite(root / name, "same");
                set_mtime(root / name, 1'000'000'007);
            }
            const std::filesystem::path place = root / other;
            quietly(place.parent_path(), [&] {
                std::filesystem::remove(place);
                std::filesystem::create_hard_link(root / one, place);
            });
        });
    };
    CHECK(join("a/file", "twin").first.find("changed ") != std::string::npos);
    CHECK(join("linked", "twin").first.find("changed ") != std::string::npos);
    CHECK(join("linked", "a/file").second.find("changed ") != std::string::npos);
}

TEST_CASE("a hard link that leads out of a copy is no difference", "[tree]") {
    check_both("", [](const std::filesystem::path& root) {
        std::filesystem::create_hard_link(root / "a/file", root.parent_path() / "outside");
    });
}

TEST_CASE("whatever happens to an original is seen", "[tree]") {
    const auto seen = [](const std::function<void(const std::filesystem::path&)>& change) {
        const Compared compared;
        change(compared.source);
        return compared.compare(compared.source, Look::untouched);
    };
    CHECK(seen([](const auto& root) { rewrite(root / "a/file", "1121"); }) == "changed a/file");
    CHECK(seen([](const auto& root) {
              set_mode(root / "a/file", info_of(root / "a/file").mode);
          }) == "changed a/file");
    CHECK(seen([](const auto& root) { set_mtime(root / "b", info_of(root / "b").mtime); }) ==
          "changed b");
    CHECK(seen([](const auto& root) { set_mtime(root / "a/link", 0); }) == "changed a/link");
    CHECK(seen([](const auto& root) { write_file(root / "b/new", ""); }) ==
          "changed b, extra b/new");
    CHECK(seen([](const auto& root) { std::filesystem::remove(root / "a/link"); }) ==
          "changed a, missing a/link");
    CHECK(seen([](const auto& root) {
              std::filesystem::create_hard_link(root / "a/file", root.parent_path() / "outside");
          }) == "changed a/file");
    CHECK(seen([](const auto& root) {
              std::filesystem::copy(
                  root / "a", root / "A", std::filesystem::copy_options::recursive);
              std::filesystem::remove_all(root / "a");
              std::filesystem::rename(root / "A", root / "a");
          }).find("changed a") != std::string::npos);
    CHECK(seen([](const auto& root) { set_mode(root, 0701); }) == "changed ");
    if (keeps_attributes(TempDir().path())) {
        CHECK(seen([](const auto& root) { set_attribute(root, "user.new", "x"); }) == "changed ");
        CHECK(seen([](const auto& root) { set_attribute(root / "a", "user.new", "x"); }) ==
              "changed a");
    }
}

TEST_CASE("a rename of an original is no change of it", "[tree]") {
    const Compared compared;
    const std::filesystem::path aside = compared.root() / "aside";
    std::filesystem::rename(compared.source, aside);
    CHECK(compared.compare(aside, Look::untouched).empty());

    Copying file;
    write_file(file.source, "text");
    let_the_clock_tick();
    file.mirror();
    std::filesystem::rename(file.source, file.root() / "aside");
    CHECK(file.compare(file.root() / "aside", Look::untouched).empty());
    rewrite(file.root() / "aside", "tExt");
    CHECK(file.compare(file.root() / "aside", Look::untouched) == "changed ");
}

TEST_CASE("what is dropped is not compared", "[tree]") {
    const Compared compared;
    rewrite(compared.destination / "a/file", "1121");
    write_file(compared.destination / "b/c/new", "");
    CHECK(compared.compare(compared.destination, Look::content, {"a", "b/c"}).empty());
    CHECK(compared.compare(compared.destination, Look::content, {"a/file"}) ==
          "changed b/c, extra b/c/new");
    CHECK(compared.compare(compared.destination, Look::content, {"."}).empty());
}

TEST_CASE("the first differences are named, and all are counted", "[tree]") {
    const Compared compared;
    for (int number = 0; number < 20; ++number) {
        write_file(compared.destination / "b" / std::to_string(number), "");
    }
    const tree::Differences differences = tree::compare(
        os::ReadFs(), at(compared.destination), compared.manifest(), Look::content, {.workers = 3});
    CHECK(differences.count == 21);
    CHECK(differences.some.size() == 5);
    CHECK_FALSE(differences.none());
}

TEST_CASE("the disk is compared, not the memory, where that is asked for", "[tree]") {
    const Compared compared;
    tree::Progress progress;
    const tree::CompareOptions options{
        .workers = 2, .cache = os::Cache::dropped, .progress = &progress};
    CHECK(tree::compare(
              os::ReadFs(), at(compared.destination), compared.manifest(), Look::content, options)
              .none());
    CHECK(progress.files == 8);
    CHECK(progress.bytes > 9000);
}
