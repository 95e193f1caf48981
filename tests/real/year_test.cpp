// A year with a migrated home in fast motion: the real tools, editors, cleaners and rehome, in
// random order. REHOME_YEAR_SEED takes another order, REHOME_YEAR_DAYS another number of things
// done.
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::Command;
using rehome::support::CommandResult;
using rehome::support::read_file;
namespace fs = std::filesystem;

namespace {

std::uint64_t number_or(const char* variable, std::uint64_t other) {
    const char* given = std::getenv(variable);
    return given == nullptr ? other : std::stoull(given);
}

// What the user has done, and so what has to be there at any time.
struct Life {
    std::optional<std::string> mill;  // its version
    std::optional<int> token;
    std::set<std::string> toolchains;
    std::set<std::string> edits;  // lines of config.toml
};

class Year {
public:
    Year(const RustHome& rust, std::uint64_t seed)
        : rust_(rust), random_(seed), package_(make_package(rust, "package")) {
        rust.release_toolchains("2024-01-01");
    }

    // Does one thing; returns what it was.
    std::string live_a_day() {
        const std::vector<std::pair<const char*, std::function<void()>>> things{
            {"install", [&] { install(); }},
            {"uninstall", [&] { uninstall(); }},
            {"login", [&] { login(); }},
            {"logout", [&] { logout(); }},
            {"build", [&] { build(); }},
            {"toolchain", [&] { change_toolchains(); }},
            {"default", [&] { change_default(); }},
            {"edit", [&] { edit_config(); }},
            {"edit", [&] { edit_config(); }},
            {"restore", [&] { restore_credentials(); }},
            {"purge", [&] { purge(); }},
            {"unlink", [&] { lose_link(); }},
            {"empty", [&] { make_empty_directory(); }},
            {"new item", [&] { make_new_item(); }},
            {"migrate", [&] { migrate(); }},
            {"migrate", [&] { migrate(); }},
            {"move on", [&] { change_places(); }},
            {"change profile", [&] { change_profile(); }},
            {"rollback", [&] { roll_back(); }},
            {"repair", [&] { repair(); }},
            {"repair", [&] { repair(); }},
        };
        const auto& [name, thing] = things[pick(things.size())];
        thing();
        return name;
    }

    // All that was done is there, as the tools see it.
    void check() {
        mend();
        CHECK(rust_.run("cargo", {"install", "--list"}).out ==
              (life_.mill ? fmt::format("mill v{}:\n    mill\n", *life_.mill) : ""));
        std::set<std::string> toolchains;
        const std::string list = rust_.run("rustup", {"toolchain", "list", "--quiet"}).out;
        for (const char* name : {"stable", "beta", "nightly"}) {
            if (("\n" + list).find(fmt::format("\n{}-", name)) != std::string::npos) {
                toolchains.insert(name);
            }
        }
        CHECK(toolchains == life_.toolchains);
        CHECK_THAT(list, Contains("machine"));
        const fs::path credentials = rust_.cargo_home() / "credentials.toml";
        const std::string secrets = fs::exists(credentials) ? read_file(credentials) : "";
        CHECK((secrets.find("token-") != std::string::npos) == life_.token.has_value());
        if (life_.token) {
            CHECK_THAT(secrets, Contains(fmt::format("\"token-{}\"", *life_.token)));
        }
        const std::string config = read_file(rust_.cargo_home() / "config.toml");
        for (const std::string& edit : life_.edits) {
            CHECK_THAT(config, Contains(edit));
        }
        rust_.run("cargo", {"build"}, package_);
    }

    // Everything back, as often as there is something to undo.
    void go_home() {
        while (rehome({"history"}).out.find("  applied  ") != std::string::npos) {
            rehome({"rollback", "--yes"});
        }
        CHECK(compat_links(rust_) == std::vector<std::string>{});
    }

    // Names of ours that no line of rehome's has told of, and pointers to journals.
    std::vector<std::string> unaccounted() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(rust_.home())) {
            const std::string name = entry.path().filename().string();
            const bool is_ours = name == ".rehome" || name.starts_with(".rehome-");
            if (is_ours && (name == ".rehome" || told_.find(name) == std::string::npos)) {
                found.push_back(entry.path().string());
            }
        }
        return found;
    }

private:
    std::size_t pick(std::size_t number) { return random_() % number; }

    // What rehome says is kept: whatever lies about at the end has to have been told.
    CommandResult rehome(const std::vector<std::string>& arguments) {
        CommandResult result = rust_.run("rehome", arguments);
        told_ += result.out + result.err;
        return result;
    }

    // Before a tool is used the user does what the doctor says.
    void mend() {
        const CommandResult status = rehome::support::run(rust_.command("rehome", {"status"}));
        if (status.exit_code == 6) {
            repair();
        }
    }

    [[nodiscard]] bool is_linked(const char* item) const {
        return fs::is_symlink(rust_.home() / item);
    }

    void install() {
        mend();
        life_.mill = pick(2) == 0 ? "0.1.0" : "0.2.0";
        rust_.run("cargo", {"install", "--force", "mill", "--version", *life_.mill});
    }

    void uninstall() {
        mend();
        if (life_.mill) {
            rust_.run("cargo", {"uninstall", "mill"});
            life_.mill.reset();
        }
    }

    void login() {
        mend();
        Command command = rust_.command("cargo", {"login", "--registry", "brookside"});
        life_.token = ++tokens_;
        command.input = fmt::format("token-{}\n", tokens_);
        succeed(command);
    }

    void logout() {
        mend();
        if (life_.token) {
            rust_.run("cargo", {"logout", "--registry", "brookside"});
            life_.token.reset();
        }
    }

    void build() {
        mend();
        fs::remove_all(package_ / "target");
        rust_.run("cargo", {"build"}, package_);
    }

    void change_toolchains() {
        mend();
        const char* const names[] = {"stable", "beta", "nightly"};
        const std::string name = names[pick(3)];
        if (life_.toolchains.erase(name) != 0) {
            rust_.run("rustup", {"toolchain", "uninstall", name});
        } else {
            rust_.run("rustup", {"toolchain", "install", name, "--no-self-update"});
            life_.toolchains.insert(name);
        }
    }

    void change_default() {
        mend();
        rust_.run("rustup", {"default", "none"});
        rust_.run("rustup", {"default", "machine"});
    }

    // sed -i: a new file takes the name.
    void edit_config() {
        const std::string line = fmt::format("# edit {}", life_.edits.size() + 1);
        Command sed = rust_.command(
            "sed", {"-i", "1i " + line, (rust_.cargo_home() / "config.toml").string()});
        sed.program = rehome::support::which("sed").value();
        succeed(sed);
        life_.edits.insert(line + "\n");
    }

    // From a backup, as some programs do it: the name is taken away and made anew.
    void restore_credentials() {
        const fs::path path = rust_.cargo_home() / "credentials.toml";
        if (fs::exists(path)) {
            const std::string text = read_file(path);
            fs::remove(path);
            rehome::support::write_file(path, text);
            fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
        }
    }

    // Not where profile rfc has put the toolchains there: it has warned of that.
    void purge() {
        for (const char* cache : {".cache", "fast", "elsewhere/cache"}) {
            if (!fs::exists(rust_.home() / cache / "rustup/toolchains")) {
                fs::remove_all(rust_.home() / cache);
            }
        }
    }

    void lose_link() {
        const char* const items[] = {
            ".cargo/registry", ".rustup/toolchains", ".cargo/.crates.toml"};
        const char* item = items[pick(3)];
        if (is_linked(item)) {
            fs::remove(rust_.home() / item);
        }
    }

    void make_empty_directory() {
        if (is_linked(".cargo/git")) {
            fs::remove(rust_.home() / ".cargo/git");
            fs::create_directory(rust_.home() / ".cargo/git");
        }
    }

    void make_new_item() {
        const char* const items[] = {".cargo/log", ".cargo/advisory-db"};
        const fs::path item = rust_.home() / items[pick(2)];
        if (!fs::exists(item) && !fs::is_symlink(item)) {
            rehome::support::write_file(item / "kept", "x");
        }
    }

    // Also over a home that is migrated: then the new items move.
    void migrate() {
        mend();
        std::vector<std::string> arguments{"migrate", "--apply", "--yes"};
        if (rehome({"history"}).out.find("  applied  ") == std::string::npos && pick(2) == 0) {
            arguments.insert(arguments.end(), {"--profile", "tiered"});
        }
        rehome(arguments);
    }

    // The user wants the cache, or the data, in another directory; not always another one than now.
    void change_places() {
        mend();
        const char* const places[] = {".cache", "fast", "elsewhere/cache"};
        const char* const bases[] = {".local/share", "elsewhere/data"};
        std::vector<std::string> arguments{"migrate", "--apply", "--yes"};
        if (pick(2) == 0) {
            arguments.insert(arguments.end(), {"--cache-dir", rust_.home() / places[pick(3)]});
        } else {
            arguments.insert(arguments.end(), {"--data-dir", rust_.home() / bases[pick(2)]});
        }
        rehome(arguments);
    }

    void change_profile() {
        mend();
        rehome({"migrate", "--apply", "--yes", "--profile", pick(2) == 0 ? "rfc" : "category"});
    }

    void roll_back() { rehome({"rollback", "--yes"}); }

    void repair() { rehome({"repair", "--apply", "--yes"}); }

    const RustHome& rust_;
    std::mt19937_64 random_;
    fs::path package_;
    Life life_;
    int tokens_ = 0;
    std::string told_;
};

}  // namespace

TEST_CASE("after a year of installs, edits, purges and repairs every item is accounted for",
          "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    const std::uint64_t seed = number_or("REHOME_YEAR_SEED", 2014);
    const std::uint64_t days = number_or("REHOME_YEAR_DAYS", 200);
    Year year(rust, seed);
    std::map<std::string, int> done;
    std::string last;
    for (std::uint64_t day = 1; day <= days; ++day) {
        INFO("seed " << seed << ", day " << day << ", after " << last);
        last = year.live_a_day();
        ++done[last];
    }
    INFO("seed " << seed << ", after " << days << " days");
    year.check();
    year.go_home();
    year.check();
    CHECK(year.unaccounted() == std::vector<std::string>{});
    fmt::print("a year, seed {}: {} things done:", seed, days);
    for (const auto& [name, times] : done) {
        fmt::print(" {} x {};", times, name);
    }
    fmt::print(" all accounted for\n");
}
