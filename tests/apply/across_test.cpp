// A transaction that copies, there and back, on filesystems of every kind. Two judges who know
// nothing of each other say whether what arrived is equal.
#include "apply/rollback.hpp"
#include "os/lease.hpp"
#include "support/command.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"
#include "support/outside_judge.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

using namespace rehome;
using support::Filesystem;
using support::Inodes;
using support::Migration;
using support::Mounted;
using support::Snapshot;
using support::TempDir;
namespace fs = std::filesystem;

namespace {

const fs::path zoo = ".cargo/registry/src/registry.example-6f17d22bba15001f/path-zoo-0.1.0/tests";

Snapshot snapshot_of(const fs::path& tree) {
    return support::take_snapshot(tree, {.inodes = Inodes::left_out});
}

// A home as somebody has it, but for its pipe: a pipe is not copied.
std::unique_ptr<Migration> realistic(const fs::path& parent, const fs::path& there) {
    auto home = std::make_unique<Migration>("realistic", parent);
    fs::remove(*home / (zoo / "pipe").string());
    home->send_to(there);
    home->request.allow_volatile = true;
    return home;
}

// What a home was before, by two who remember it: a snapshot and a copy for the outside judge.
class Before {
public:
    explicit Before(const Migration& home) : home_(home), all_(home.snapshot_without_inodes()) {
        const support::CommandResult copied =
            support::run({.program = *support::which("cp"),
                          .arguments = {"-a", home.home().string(), (copies_ / "home").string()}});
        REQUIRE(copied.exit_code == 0);
        const plan::Plan plan = home.plan();
        for (const plan::Switch* step : plan.switches()) {
            if (step->way == plan::Way::copy) {
                items_[step->item] = snapshot_of(step->path);
            }
        }
    }

    [[nodiscard]] const std::map<std::string, Snapshot>& items() const { return items_; }

    // "" if each target is what its item was and the old path leads there.
    [[nodiscard]] std::string differences_there(const plan::Plan& plan) const {
        std::string text;
        for (const plan::Switch* step : plan.switches()) {
            if (step->way != plan::Way::copy) {
                continue;
            }
            text += support::difference(items_.at(step->item), snapshot_of(step->target));
            text += fs::read_symlink(step->path) == step->target ? "" : step->item + " is no link";
            if (fs::is_directory(step->target)) {
                const fs::path old = copies_ / "home" / step->path.lexically_relative(home_.home());
                text += support::outside_judge(old, step->target).value_or("");
            }
        }
        return text;
    }

    [[nodiscard]] std::string differences_at_home() const {
        std::string text = support::difference(all_, home_.snapshot_without_inodes());
        for (const char* name : {".cargo", ".rustup", "src", "dotfiles"}) {
            text +=
                support::outside_judge(copies_ / "home" / name, home_.home() / name).value_or("");
        }
        return text;
    }

private:
    const Migration& home_;
    Snapshot all_;
    std::map<std::string, Snapshot> items_;
    TempDir copies_;
};

void check_there_and_back(const Migration& home, const fs::path& there) {
    const Before before(home);
    REQUIRE(before.items().size() > 8);
    REQUIRE(before.items().contains("cargo/registry"));
    const Snapshot there_before = snapshot_of(there);
    os::Fs files;
    home.apply(files);
    const plan::Plan plan = home.open_journal().begin.plan;
    CHECK(before.differences_there(plan) == "");
    CHECK_FALSE(fs::exists(home / ".cargo/.rehome-1-registry"));

    apply::roll_back(home.context(files), home.open_journal(), apply::Missing::refuse);
    CHECK(before.differences_at_home() == "");
    Snapshot there_after = snapshot_of(there);
    there_after["."].mtime = there_before.at(".").mtime;
    CHECK(support::difference(there_before, there_after) == "");
}

void check_target_on(Filesystem filesystem) {
    if (const auto mounted = support::mount_or_skip(filesystem)) {
        check_there_and_back(*realistic(fs::temp_directory_path(), mounted->path()),
                             mounted->path());
    }
}

void check_home_on(Filesystem filesystem) {
    if (const auto mounted = support::mount_or_skip(filesystem)) {
        const TempDir disk;
        check_there_and_back(*realistic(mounted->path(), disk.path()), disk.path());
    }
}

// What a week of work does to trees.
void work(const Migration& home) {
    const fs::path registry = home / ".cargo/registry";
    const fs::path tests = home / zoo.string();
    support::write_file(registry / "CACHEDIR.TAG", "changed since\n");
    support::write_file(registry / "new/crate/lib.rs", "new since\n");
    fs::remove_all(registry / "cache");
    fs::remove(tests / "links/relative");
    fs::create_symlink("elsewhere", tests / "links/relative");
    fs::remove(tests / "empty-file");
    fs::create_directory(tests / "empty-file");
    fs::remove(tests / "empty-directory");
    support::write_file(tests / "empty-directory", "a file now");
    fs::permissions(tests / "read-only", fs::perms::owner_all);
    fs::create_hard_link(registry / "CACHEDIR.TAG", registry / "second name");
    fs::rename(tests / "names", tests / "renamed");
    support::write_file(home / ".cargo/credentials.toml", "[registry]\ntoken = \"newer\"\n");
    fs::remove_all(home / ".rustup/toolchains/nightly-2026-03-01-x86_64-unknown-linux-gnu");
}

void check_work_comes_home(Filesystem filesystem, bool keep_originals) {
    const auto mounted = support::mount_or_skip(filesystem);
    if (!mounted) {
        return;
    }
    const auto home = realistic(fs::temp_directory_path(), mounted->path());
    home->request.keep_originals = keep_originals;
    os::Fs files;
    home->apply(files);
    CHECK(fs::exists(*home / ".cargo/.rehome-1-registry") == keep_originals);
    work(*home);
    std::map<fs::path, Snapshot> worked;
    const plan::Plan plan = home->open_journal().begin.plan;
    for (const plan::Switch* step : plan.switches()) {
        worked[step->path] = snapshot_of(step->target);
    }
    apply::roll_back(home->context(files), home->open_journal(), apply::Missing::refuse);
    for (const auto& [path, tree] : worked) {
        INFO(path.string());
        CHECK(support::difference(tree, snapshot_of(path)) == "");
    }
    CHECK(support::read_file(*home / ".cargo/registry/second name") == "changed since\n");
    CHECK_FALSE(fs::exists(*home / ".cargo/.rehome-1-registry"));
    CHECK(fs::is_empty(mounted->path()) == (filesystem == Filesystem::tmpfs));
}

}  // namespace

TEST_CASE("a home copied to a tmpfs is equal there and back", "[apply][across]") {
    check_target_on(Filesystem::tmpfs);
}

TEST_CASE("a home copied to an ext4 is equal there and back", "[apply][across]") {
    check_target_on(Filesystem::ext4);
}

TEST_CASE("a home copied to an xfs is equal there and back", "[apply][across]") {
    check_target_on(Filesystem::xfs);
}

TEST_CASE("a home copied to a btrfs is equal there and back", "[apply][across]") {
    check_target_on(Filesystem::btrfs);
}

TEST_CASE("a home on an xfs copied to the disk is equal there and back", "[apply][across]") {
    check_home_on(Filesystem::xfs);
}

TEST_CASE("a home on a btrfs copied to the disk is equal there and back", "[apply][across]") {
    check_home_on(Filesystem::btrfs);
}

TEST_CASE("two subvolumes of one btrfs are two filesystems", "[apply][across]") {
    const auto mounted = support::mount_or_skip(Filesystem::btrfs);
    const auto btrfs = support::which("btrfs");
    if (!mounted || !btrfs) {
        fmt::print("SKIPPED: no btrfs here\n");
        return;
    }
    for (const char* name : {"home", "there"}) {
        REQUIRE(support::run({.program = *btrfs,
                              .arguments = {"subvolume", "create", (*mounted / name).string()}})
                    .exit_code == 0);
    }
    check_there_and_back(*realistic(*mounted / "home", *mounted / "there"), *mounted / "there");
}

TEST_CASE("a bind mount of the same disk is another filesystem", "[apply][across]") {
    const TempDir source;
    const auto mounted = support::mount_or_skip(Filesystem::bind, {.source = source.path()});
    if (mounted) {
        check_there_and_back(*realistic(fs::temp_directory_path(), mounted->path()),
                             mounted->path());
    }
}

TEST_CASE("work done at the targets since goes home", "[apply][across]") {
    check_work_comes_home(Filesystem::tmpfs, false);
    check_work_comes_home(Filesystem::ext4, false);
}

TEST_CASE("work done at the targets since goes home into the kept originals", "[apply][across]") {
    check_work_comes_home(Filesystem::tmpfs, true);
    check_work_comes_home(Filesystem::ext4, true);
}

// rustup reads them before it does anything else.
TEST_CASE("rustup's settings cannot be opened while copies are switched, there and back",
          "[apply][across]") {
    Migration home;
    if (!home.use_second_filesystem()) {
        fmt::print("SKIPPED: no second filesystem at /dev/shm\n");
        return;
    }
    const fs::path settings = home / ".rustup/settings.toml";
    support::write_file(settings, "version = \"12\"\n");
    os::Lease::Refusal refusal = os::Lease::Refusal::none;
    if (!os::Lease::take(settings, refusal)) {
        fmt::print("SKIPPED: no leases on the filesystem of {}\n", settings.string());
        return;
    }
    std::vector<int> codes;
    const auto watched = [&] {
        auto files = std::make_unique<support::FaultFs>();
        files->watch([&](std::string_view call) {
            if (call == "exchange") {
                const int descriptor = ::open(settings.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
                codes.push_back(descriptor < 0 ? errno : 0);
                ::close(descriptor);
            }
        });
        return files;
    };
    home.apply(*watched());
    CHECK(std::ranges::count(codes, EWOULDBLOCK) == std::ssize(codes));
    CHECK(codes.size() > 2);
    CHECK(support::read_file(settings) == "version = \"12\"\n");
    codes.clear();
    const auto files = watched();
    apply::roll_back(home.context(*files), home.open_journal(), apply::Missing::refuse);
    CHECK(std::ranges::count(codes, EWOULDBLOCK) == std::ssize(codes));
    CHECK(codes.size() > 2);
    CHECK(support::read_file(settings) == "version = \"12\"\n");
}
