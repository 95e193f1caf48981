// Another user of the machine, who swaps what he may swap for links that lead elsewhere, all the
// time, while rehome copies, deletes and copies back. He is a thread with that user's rights on the
// disk.
#include "cli/near_home.hpp"
#include "support/canary.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "support/other_user.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <thread>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

constexpr const char* item = ".cargo/registry";

bool exchange(const fs::path& one, const fs::path& other) {
    return ::syscall(
               SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0;
}

// Does it over and over, with another user's rights. Without a pause now and then no copy would
// come to its end.
std::jthread neighbour(std::function<void()> attack) {
    return std::jthread([attack = std::move(attack)](const std::stop_token& stop) {
        OtherUser::become_on_disk();
        for (unsigned round = 0; !stop.stop_requested(); ++round) {
            attack();
            std::this_thread::sleep_for(std::chrono::milliseconds(round % 16 == 0 ? 150 : 1));
        }
    });
}

// The files below that hold the text; links are not followed.
std::string holders_of(const std::string& text, const fs::path& root) {
    std::string holders;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_symlink() || !entry.is_regular_file()) {
            continue;
        }
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        holders += content.find(text) != std::string::npos ? entry.path().string() + "\n" : "";
    }
    return holders;
}

}  // namespace

TEST_CASE("no swap by a neighbour inside of an item leads a copy out of it", "[cli][across]") {
    const auto user = OtherUser::or_skip();
    const TempDir shown;
    fs::permissions(shown.path(), fs::perms(0755));
    fs::create_directory(shown / "disk");
    const auto there =
        user ? mount_or_skip(Filesystem::tmpfs, {.directory = shown / "disk"}) : nullptr;
    if (!there) {
        return;
    }
    const NearHome home;
    Canary canary;
    // The neighbour may come everywhere, and may write in one directory of an item.
    for (const fs::path& path :
         {home.path(), there->path(), *there / "cache", *there / "cache/cargo"}) {
        fs::create_directory(path);
        fs::permissions(path, fs::perms(0755));
    }
    const fs::path open = home / item / "open";
    write_file(open / "directory/file", "of the crate");
    write_file(open / "file", "of the crate");
    fs::create_directory_symlink(canary.path(), open / "to-directory");
    fs::create_symlink(canary.path() / "file", open / "to-file");
    user->give(open);
    fs::permissions(open, fs::perms(0777));

    std::atomic<std::size_t> swaps = 0;
    std::map<int, int> codes;
    {
        const std::jthread attacker = neighbour([&] {
            std::vector<fs::path> places{open};
            std::error_code gone;
            // An original that is aside, and a copy that is on its way.
            for (const fs::path& parent : {home / ".cargo", *there / "cache/cargo"}) {
                for (const auto& entry : fs::directory_iterator(parent, gone)) {
                    places.push_back(entry.path() / "open");
                }
            }
            // As fast as he can: between a look at a name and its opening there is not much time.
            for (std::size_t number = 0; number < 100 * places.size(); ++number) {
                const fs::path& place = places[number / 100];
                swaps += exchange(place / "directory", place / "to-directory") ? 1 : 0;
                swaps += exchange(place / "file", place / "to-file") ? 1 : 0;
            }
        });
        for (int round = 0; round < 20; ++round) {
            const CommandResult moved = home.migrate(sent_to(there->path()));
            ++codes[moved.exit_code];
            INFO(moved.err);
            // He may make the plan stop, or the copy fail; then everything is back. Where he makes
            // the way back fail, all is applied as before, or another rollback goes on from there.
            const bool is_back = moved.exit_code == 1 || moved.exit_code == 3;
            CHECK((is_back || moved.exit_code == 0 || moved.exit_code == 5));
            for (int back = is_back ? 0 : -1; back != 0;) {
                const CommandResult result = home.run({"rollback", "--yes"});
                INFO(result.err);
                back = result.exit_code;
                ++codes[100 + back];
                REQUIRE((back == 0 || back == 1 || back == 5));
                REQUIRE(codes[101] + codes[105] < 200);
            }
            CHECK(canary.touched() == "");
        }
    }
    fmt::print("{} swaps by the neighbour", swaps.load());
    for (const auto& [code, times] : codes) {
        fmt::print(", {} {} times {}", code < 100 ? "apply" : "rollback", times, code % 100);
    }
    fmt::print("\n");
    CHECK(swaps > 0);
    CHECK(codes[0] > 0);
    const CommandResult last = home.run({"rollback", "--yes"});
    INFO(last.err);
    CHECK(last.exit_code == 0);
    CHECK(canary.touched() == "");
    CHECK(holders_of(Canary::text, home.path()) == "");
    CHECK(holders_of(Canary::text, there->path()) == "");
    CHECK(fs::is_directory(fs::symlink_status(home / item)));
    CHECK(holders_of("of the crate", home.path()) != "");
}

TEST_CASE("a directory that a neighbour may write is refused while he swaps homes", "[cli]") {
    const auto user = OtherUser::or_skip();
    if (!user) {
        return;
    }
    const NearHome home;
    const TempDir outside;
    fs::permissions(outside.path(), fs::perms(0755));
    write_file(outside / "config.toml", Canary::text);
    write_file(outside / "registry/file", Canary::text);
    fs::permissions(home.path(), fs::perms(0777));
    fs::create_directory_symlink(outside.path(), home / "to-outside");
    const Snapshot before = take_snapshot(outside.path());
    const Snapshot inside = home.snapshot();
    std::atomic<std::size_t> swaps = 0;
    {
        const std::jthread attacker =
            neighbour([&] { swaps += exchange(home / ".cargo", home / "to-outside") ? 1 : 0; });
        for (int round = 0; round < 30; ++round) {
            const CommandResult refused = home.migrate();
            INFO(refused.err);
            CHECK(refused.exit_code == 3);
            CHECK(refused.err.find("error: ") != std::string::npos);
        }
    }
    if (fs::is_symlink(home / ".cargo")) {
        REQUIRE(exchange(home / ".cargo", home / "to-outside"));
    }
    fmt::print("{} swaps by the neighbour\n", swaps.load());
    CHECK(swaps > 0);
    CHECK(difference(before, take_snapshot(outside.path())) == "");
    CHECK(difference(inside, home.snapshot()) == "");
    CHECK_FALSE(fs::exists(home / ".local"));
}
