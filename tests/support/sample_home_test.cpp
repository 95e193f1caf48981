#include "support/command.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "support/this_filesystem.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

fs::path list(const std::string& name) {
    return source_directory() / "fixtures/homes" / name;
}

// The realistic home, and questions about what is in it.
class RealisticHome {
public:
    RealisticHome() {
        make_sample_home(list("realistic.toml"), directory_.path());
        snapshot_ = take_snapshot(directory_.path());
    }

    [[nodiscard]] const fs::path& path() const { return directory_.path(); }

    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

    // Looks inside the items only: what lies in a home itself is not moved by a rename of an item.
    template <typename Question>
    [[nodiscard]] bool has(Question question) const {
        return std::any_of(snapshot_.begin(), snapshot_.end(), [&](const auto& pair) {
            return std::count(pair.first.begin(), pair.first.end(), '/') > 1 &&
                   question(pair.second);
        });
    }

    [[nodiscard]] bool has_name(const std::string& name) const {
        return std::any_of(snapshot_.begin(), snapshot_.end(), [&](const auto& pair) {
            return pair.first.ends_with("/" + name);
        });
    }

private:
    TempDir directory_;
    Snapshot snapshot_;
};

TEST_CASE("the realistic home has every mode that a move could lose", "[support]") {
    const RealisticHome home;
    for (const std::uint32_t mode : {0444U, 0555U, 0644U, 0755U, 01777U, 02755U, 02775U, 04755U}) {
        CAPTURE(mode);
        CHECK(home.has([&](const SnapshotEntry& entry) { return entry.mode == mode; }));
    }
    CHECK(home.snapshot().at(".cargo/credentials.toml").mode == 0600);
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.mtime % 1000 != 0; }));
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.mtime < 0; }));
}

TEST_CASE("the realistic home has every kind of link", "[support]") {
    const RealisticHome home;
    CHECK(home.has([](const SnapshotEntry& entry) { return !entry.first_name.empty(); }));
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.link_text.starts_with("/"); }));
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.link_text.starts_with("../"); }));
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.link_text == "nowhere"; }));
    CHECK(home.snapshot().at(".cargo/bin/cargo").link_text == "rustup");
    CHECK(home.snapshot().at(".rustup/toolchains/stage1").link_text ==
          (home.path() / "src/rust/build/host/stage1").string());
    CHECK(fs::is_directory(home.path() / ".rustup/toolchains/stage1"));
}

TEST_CASE("the realistic home has every kind of file and name", "[support]") {
    const RealisticHome home;
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.type == "fifo"; }));
    CHECK(home.has(
        [](const SnapshotEntry& entry) { return entry.type == "file" && entry.size == 0; }));
    CHECK(fs::is_empty(home.path() / ".rustup/tmp"));
    for (const std::string name :
         {"with space", "new\nline", "quotes ' and \"", "caf\xe9", "$HOME", "-rf"}) {
        CAPTURE(name);
        CHECK(home.has_name(name));
    }
    std::size_t longest_name = 0;
    std::ptrdiff_t deepest = 0;
    for (const auto& [path, entry] : home.snapshot()) {
        longest_name = std::max(longest_name, fs::path(path).filename().native().size());
        deepest = std::max(deepest, std::count(path.begin(), path.end(), '/'));
    }
    CHECK(longest_name == 255);
    CHECK(deepest > 30);
}

TEST_CASE("the realistic home has a sparse file", "[support]") {
    const RealisticHome home;
    if (!keeps_holes(home.path())) {
        std::cout << "SKIPPED: no holes on this filesystem\n";
        return;
    }
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.has_holes; }));
}

TEST_CASE("the realistic home has files of another user, made by root", "[support]") {
    const RealisticHome home;
    if (::geteuid() != 0) {
        std::cout << "SKIPPED: only root can give a file away\n";
        return;
    }
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.user == 1234; }));
    CHECK(home.has([](const SnapshotEntry& entry) { return entry.group == 1234; }));
}

TEST_CASE("the realistic home has extended attributes and access control lists", "[support]") {
    const RealisticHome home;
    if (!keeps_attributes(home.path())) {
        std::cout << "SKIPPED: no extended attributes on this filesystem\n";
        return;
    }
    CHECK(home.snapshot().at(".cargo/registry").extended.at("user.backup") == "skip");
    for (const std::string name :
         {"user.xdg.origin.url", "system.posix_acl_access", "system.posix_acl_default"}) {
        CAPTURE(name);
        CHECK(home.has([&](const SnapshotEntry& entry) { return entry.extended.contains(name); }));
    }
}

TEST_CASE("the tools of the realistic home run", "[support]") {
    const RealisticHome home;
    const fs::path bin = home.path() / ".cargo/bin";
    const Variables variables = variables_of(home.path());
    const auto output_of = [&](const char* tool, std::vector<std::string> arguments) {
        return run({.program = bin / tool,
                    .arguments = std::move(arguments),
                    .variables = variables})
            .out;
    };
    CHECK_THAT(output_of("rustup", {"--version"}), Catch::StartsWith("rustup 1.29.0 ("));
    CHECK_THAT(output_of("cargo", {"--version"}), Catch::StartsWith("cargo 1.95.0 ("));
    CHECK(output_of("rustup", {"show", "active-toolchain"}) ==
          "stable-x86_64-unknown-linux-gnu (default)\n");
}

TEST_CASE("a sample home is made the same way twice, whatever the umask", "[support]") {
    const SnapshotOptions options{.inodes = Inodes::left_out, .except = {"."}};
    const TempDir directory;
    const fs::path home = directory / "home";
    make_sample_home(list("minimal.toml"), home);
    const Snapshot before = take_snapshot(home, options);
    fs::remove_all(home);
    const mode_t old_mask = ::umask(077);
    make_sample_home(list("minimal.toml"), home);
    ::umask(old_mask);
    CHECK(difference(before, take_snapshot(home, options)) == "");
}

TEST_CASE("the proxies of an old rustup are hard links", "[support]") {
    const TempDir directory;
    make_sample_home(list("hard_linked_proxies.toml"), directory.path());
    CHECK(fs::hard_link_count(directory / ".cargo/bin/rustup") == 4);
}

TEST_CASE("small files are added thirty to a crate", "[support]") {
    const TempDir directory;
    add_small_files(directory.path(), 65);
    const Snapshot snapshot = take_snapshot(directory / ".cargo/registry/src");
    const auto count = [&](const std::string& type) {
        return std::count_if(snapshot.begin(), snapshot.end(), [&](const auto& pair) {
            return pair.second.type == type;
        });
    };
    CHECK(count("file") == 65);
    CHECK(count("directory") == 2 + 3);
}

TEST_CASE("a list with a mistake names the line", "[support]") {
    const TempDir directory;
    const auto message = [&](const std::string& entry) -> std::string {
        write_file(directory / "list.toml",
                   "mtime = 2026-01-01T00:00:00Z\nentries = [\n" + entry + "\n]\n");
        try {
            make_sample_home(directory / "list.toml", directory / "home");
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    };
    const std::string start = (directory / "list.toml").string() + ":3: ";
    CHECK(message("{path = 'a', colour = 'red'}") == start + "unknown key 'colour'");
    CHECK(message("{path = '/etc/passwd'}") == start + "an entry needs a path below the home");
    CHECK(message("{path = 'a', type = 'symlink'}") ==
          start + "a link needs 'to', and nothing else has it");
    CHECK(message("{path_base64 = '?'}") == start + "not in base64");
    CHECK(message("{path = 'a', mtime = 7}") ==
          start + "a time is written 2026-03-01T12:30:00.123456789Z");
    CHECK_THAT(message("{path = 'a'"), Catch::StartsWith((directory / "list.toml").string() + ":"));
}

}  // namespace
}  // namespace rehome::support
