// Credentials as the rest of the machine sees them: at each changing call of rehome, while it waits
// there, no file with a token may be open to others, wherever it is (in process:
// tests/apply/apply_test.cpp). And no token is in what rehome says or writes.
#include "support/files.hpp"
#include "support/other_user.hpp"
#include "sweep/launch.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

using namespace rehome::sweep;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

// Each in a file of its own.
constexpr const char* tight_token = "token-of-a-tight-file";       // 0600 from the beginning
constexpr const char* loose_token = "token-of-a-loose-file";       // others may read it before
constexpr const char* private_token = "token-in-a-private-crate";  // below a directory of 0700

constexpr const char* tight_file = ".cargo/credentials";
constexpr const char* loose_file = ".cargo/credentials.toml";
constexpr const char* private_directory = ".cargo/registry/private";

void add_secrets(const Scene& scene) {
    const auto lock = hold_launches();
    const fs::path home = scene.roots().front();
    write_file(home / tight_file, fmt::format("[registry]\ntoken = '{}'\n", tight_token));
    fs::permissions(home / tight_file, fs::perms(0600));
    write_file(home / loose_file, fmt::format("[registry]\ntoken = '{}'\n", loose_token));
    fs::permissions(home / loose_file, fs::perms(0644));
    write_file(home / private_directory / "lib.rs", private_token);
    fs::permissions(home / private_directory / "lib.rs", fs::perms(0644));
    fs::permissions(home / private_directory, fs::perms(0700));
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Looks at every file of a scene, over and over.
class Guard {
public:
    explicit Guard(const Scene& scene) : roots_(scene.roots()) {}

    void look(std::size_t call) {
        const auto lock = hold_launches();
        looks_ += 1;
        for (const fs::path& root : roots_) {
            look_below(root, root, true, call);
        }
    }

    // Empty if nothing was ever open.
    [[nodiscard]] const std::string& found() const { return found_; }

    [[nodiscard]] std::size_t looks() const { return looks_; }

    // Files with a token that were met, over all looks.
    [[nodiscard]] std::size_t files() const { return files_; }

private:
    void look_below(const fs::path& root, const fs::path& directory, bool enterable,
                    std::size_t call) {
        std::error_code gone;  // a worker goes on meanwhile
        for (const fs::directory_entry& entry : fs::directory_iterator(directory, gone)) {
            const fs::file_status status = entry.symlink_status(gone);
            if (fs::is_directory(status)) {
                const bool others = (status.permissions() & fs::perms(0011)) != fs::perms::none;
                look_below(root, entry.path(), enterable && others, call);
            } else if (fs::is_regular_file(status)) {
                look_at(root, entry.path(), status.permissions(), enterable, call);
            }
        }
    }

    void look_at(const fs::path& root, const fs::path& file, fs::perms mode, bool enterable,
                 std::size_t call) {
        const std::string text = text_of(file);
        const bool open = (mode & fs::perms(0077)) != fs::perms::none;
        const bool is_loose = contains(text, loose_token);
        const bool is_private = contains(text, private_token);
        if (!is_loose && !is_private && !contains(text, tight_token)) {
            return;
        }
        files_ += 1;
        const bool untouched = is_loose && !tightened_ && file == root / loose_file;
        tightened_ = tightened_ || (is_loose && !open);
        if (open && !untouched && (enterable || !is_private)) {
            found_ += fmt::format("'{}' is open to others (mode {:04o}) at call {}\n",
                                  file.string(),
                                  static_cast<unsigned>(mode),
                                  call);
        }
    }

    std::vector<fs::path> roots_;
    std::size_t looks_ = 0;
    std::size_t files_ = 0;
    bool tightened_ = false;  // from then on the loose file is no more so
    std::string found_;
};

WatchedRun guarded(const Scene& scene, const Command& command, Guard& guard, Strike strike = {}) {
    strike.before_each = [&](std::size_t call) { guard.look(call); };
    const WatchedRun run = scene.run(command, strike);
    guard.look(run.calls.size() + 1);
    return run;
}

void check_guard(const std::string& name, const Guard& guard) {
    fmt::print("{}: {} looks, {} files with a token\n", name, guard.looks(), guard.files());
    CHECK(guard.found() == "");
    CHECK(guard.files() >= 3 * guard.looks());
}

}  // namespace

TEST_CASE("no file with a token is open to others at any call of apply and rollback", "[sweep]") {
    for (const Ground ground : {Ground::one, Ground::across}) {
        if (is_skipped(ground)) {
            return;
        }
        const Scene scene(ground);
        add_secrets(scene);
        Guard guard(scene);
        const WatchedRun apply = guarded(scene, scene.apply(), guard);
        INFO(apply.ended.err);
        REQUIRE(apply.ended.exit_code == 0);
        REQUIRE(guarded(scene, scene.rollback(), guard).ended.exit_code == 0);
        check_guard(std::string(name_of(ground)), guard);
        CHECK(text_of(scene.roots().front() / loose_file).find(loose_token) != std::string::npos);
    }
}

TEST_CASE("no file with a token is open to others after a kill and in the recovery", "[sweep]") {
    for (const Ground ground : {Ground::one, Ground::across}) {
        if (is_skipped(ground)) {
            return;
        }
        const std::size_t calls =
            calls_of({.name = "apply",
                      .ground = ground,
                      .prepare = add_secrets,
                      .act = [](const Scene& scene) { return scene.apply(); }})
                .size();
        for (const std::size_t tenths : {5U, 8U}) {
            for (const Way way : {Way::back, Way::on}) {
                const Scene scene(ground);
                add_secrets(scene);
                Guard guard(scene);
                const Strike kill{.what = Strike::What::kill, .call = calls * tenths / 10};
                (void)guarded(scene, scene.apply(), guard, kill);
                REQUIRE(guarded(scene, command_of(scene, way), guard).ended.exit_code == 0);
                CHECK(guard.found() == "");
            }
        }
    }
}

TEST_CASE("a neighbour who tries all the time never reads a token", "[sweep]") {
    const auto user = OtherUser::or_skip();
    if (!user || is_skipped(Ground::across)) {
        return;
    }
    std::atomic<std::size_t> rounds = 0;
    std::atomic<std::size_t> readable = 0;
    std::string read;
    for (const Ground ground : {Ground::one, Ground::across}) {
        const Scene scene(ground);
        add_secrets(scene);
        const std::vector<fs::path> roots = scene.roots();
        fs::permissions(roots.front() / loose_file, fs::perms(0600));
        for (const fs::path& root : roots) {
            fs::permissions(root, fs::perms(0755));
        }
        const std::jthread neighbour([&](const std::stop_token& stop) {
            OtherUser::become_on_disk();
            while (!stop.stop_requested()) {
                for (const fs::path& root : roots) {
                    std::error_code denied;
                    const auto skip = fs::directory_options::skip_permission_denied;
                    for (fs::recursive_directory_iterator at(root, skip, denied), end; at != end;
                         at.increment(denied)) {
                        const std::string text =
                            at->is_regular_file(denied) ? text_of(at->path()) : "";
                        readable += text.empty() ? 0 : 1;
                        read += contains(text, "token-") ? at->path().string() + "\n" : "";
                    }
                }
                ++rounds;
            }
        });
        for (int number = 0; number < 4; ++number) {
            const CommandResult apply = run(scene.apply());
            INFO(apply.err);
            REQUIRE(apply.exit_code == 0);
            REQUIRE(run(scene.rollback()).exit_code == 0);
        }
    }
    fmt::print("{} rounds of the neighbour, {} files read\n", rounds.load(), readable.load());
    CHECK(rounds > 0);
    CHECK(readable > 0);  // it does read what is open to all
    CHECK(read == "");
}

TEST_CASE("no token is in what rehome says or writes", "[sweep]") {
    for (const Ground ground : {Ground::one, Ground::across}) {
        if (is_skipped(ground)) {
            return;
        }
        const Scene scene(ground);
        add_secrets(scene);
        const fs::path home = scene.roots().front();
        // cargo would not read this either: what is said of it must not quote it.
        write_file(home / ".cargo/config.toml", "[registry]\ntoken = 'token-in-config' oops\n");
        std::string said;
        const auto say = [&](const Command& command) {
            const CommandResult result = run(command);
            said += result.out + result.err;
            return result.exit_code;
        };
        const auto words = [&](std::vector<std::string> arguments) {
            return scene.command(std::move(arguments));
        };
        const std::string plan = home / "plan.json";
        for (const Command& command : {words({"migrate"}),
                                       words({"migrate", "--json", "--verbose"}),
                                       words({"migrate", "--save-plan", plan}),
                                       words({"migrate", "--plan", home / loose_file}),
                                       words({"rules", "explain", home / loose_file}),
                                       scene.apply({"--verbose"}),
                                       words({"history", "--json"}),
                                       words({"dirs", "--json"}),
                                       words({"migrate", "--json"}),
                                       words({"rollback", "--dry-run", "--json"})}) {
            say(command);
        }
        CHECK(contains(said, "credentials.toml"));
        // What rehome has written: its state, the pointers, the plan; and what lies in config.
        std::set<std::string> holders;
        for (const fs::path& root : scene.roots()) {
            for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
                if (entry.is_regular_file() && !entry.is_symlink() &&
                    contains(text_of(entry.path()), "token-of-")) {
                    holders.insert(entry.path().lexically_relative(root));
                }
            }
        }
        const std::string data = ground == Ground::one ? ".local/share/cargo/" : "data/cargo/";
        CHECK(holders == std::set{data + "credentials", data + "credentials.toml"});
        REQUIRE(say(scene.rollback()) == 0);
        // An error that is about the file itself.
        fs::create_directories(home / ".local/share/cargo");
        fs::copy_file(home / loose_file, home / ".local/share/cargo/credentials.toml");
        CHECK(say(words({"migrate", "--apply", "--yes"})) == 3);
        CHECK_FALSE(contains(said, "token-"));
    }
}
