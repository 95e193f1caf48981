#include "real/kept_home.hpp"
#include "real/package.hpp"
#include "real/registry_server.hpp"
#include "real/rust_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/ranges.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// Runs commands on a migrated home; after each of them every link must be the one it was and
// lead somewhere.
class WatchedHome {
public:
    explicit WatchedHome(const RustHome& rust) : rust_(rust), links_(links()) {
        // In a home that is a link data are there as themselves.
        REQUIRE(links_.size() > (fs::is_symlink(rust.cargo_home()) ? 5 : 8));
    }

    std::string run(std::string_view name, const std::vector<std::string>& arguments) {
        return run(rust_.command(name, arguments));
    }

    std::string run(const rehome::support::Command& command) {
        const auto result = succeed(command);
        INFO(fmt::format("after {} {}", command.program.string(), command.arguments));
        CHECK(links() == links_);
        return result.out;
    }

private:
    // With the homes themselves.
    [[nodiscard]] std::vector<std::string> links() const {
        std::vector<std::string> links = compat_links(rust_);
        for (const fs::path& home : {rust_.cargo_home(), rust_.rustup_home()}) {
            if (fs::is_symlink(home)) {
                links.push_back(home.string() + " -> " + fs::read_symlink(home).string());
            }
        }
        return links;
    }

    const RustHome& rust_;
    std::vector<std::string> links_;
};

// "rustup 1.29.0 (28d1352db 2026-03-05)" -> "1.29.0"
std::string rustup_version(const RustHome& rust) {
    std::istringstream words(rust.run("rustup", {"--version"}).out);
    std::string version;
    words >> version >> version;
    return version;
}

void check_secret(const fs::path& credentials) {
    CHECK(fs::status(credentials).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

enum class Beforehand { nothing, repair, link };

// A repair has all to do: the cache is gone, files are in the place of links, and links are
// missing.
void migrate(const RustHome& rust, Beforehand beforehand) {
    if (beforehand == Beforehand::link) {
        rust.run("rehome", {"migrate", "--apply", "--yes", "--legacy-home", "link"});
        REQUIRE(fs::read_symlink(rust.rustup_home()) == rust.home() / ".local/share/rustup");
        return;
    }
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    if (beforehand == Beforehand::repair) {
        const std::vector<std::string> links = compat_links(rust);
        succeed(script(rust,
                       "rm -r .cache && rm .rustup/toolchains .cargo/env && "
                       "sed -i '1i # edited' .cargo/config.toml .rustup/settings.toml"));
        REQUIRE(compat_links(rust) != links);
        rust.run("rehome", {"repair", "--apply", "--yes"});
        REQUIRE(compat_links(rust) == links);
    }
}

void use_cargo(Beforehand beforehand) {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    const fs::path package = make_package(rust, "package");
    const fs::path credentials = rust.cargo_home() / "credentials.toml";
    auto login = rust.command("cargo", {"login", "--registry", "brookside"});
    login.input = "a-token\n";
    rust.run("cargo", {"install", "mill", "--version", "0.1.0"});
    rust.run("cargo", {"build"}, package);
    succeed(login);

    migrate(rust, beforehand);

    WatchedHome home(rust);
    const auto in_package = [&](std::vector<std::string> arguments) {
        return home.run(rust.command("cargo", std::move(arguments), package));
    };
    check_secret(credentials);
    CHECK(verdicts(succeed(rust.command("cargo", {"build", "-v"}, package))) ==
          all_fresh("package"));
    in_package({"build"});
    in_package({"add", "flint"});
    in_package({"fetch"});
    in_package({"update"});
    CHECK(in_package({"run"}) == "1012\n");
    in_package({"clean"});
    in_package({"build"});
    home.run("cargo", {"new", "another"});
    home.run("cargo", {"logout", "--registry", "brookside"});
    home.run(login);
    check_secret(credentials);
    CHECK(home.run("cargo", {"install", "--list"}) == "mill v0.1.0:\n    mill\n");
    home.run("cargo", {"install", "mill"});
    CHECK(home.run("mill", {}) == "mill 2 grinds 12\n");
    home.run("cargo", {"install", "--force", "mill", "--version", "0.1.0"});
    CHECK(home.run("cargo", {"install", "--list"}) == "mill v0.1.0:\n    mill\n");
    home.run("cargo", {"uninstall", "mill"});
    CHECK(home.run("cargo", {"install", "--list"}).empty());
}

void use_rustup(Beforehand beforehand) {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    rust.run("rustup", {"toolchain", "install", "beta", "--no-self-update"});

    migrate(rust, beforehand);

    WatchedHome home(rust);
    const std::string toolchain = (rust.rustup_home() / "toolchains/machine").string();
    home.run("rustup", {"default", "none"});
    home.run("rustup", {"default", "machine"});
    home.run("rustup", {"set", "profile", "default"});
    home.run("rustup", {"set", "auto-self-update", "disable"});
    home.run("rustup", {"override", "set", "beta"});
    CHECK(home.run("cargo", {"--version"}) == "cargo 1.0.0 (sample 2024-01-01)\n");
    home.run("rustup", {"override", "unset"});
    home.run("rustup", {"toolchain", "link", "mine", toolchain});
    home.run("rustc", {"+mine", "--version"});
    home.run("rustup", {"toolchain", "uninstall", "mine"});
    home.run("rustup", {"toolchain", "install", "stable"});
    rust.release_toolchains("2024-02-02");
    home.run("rustup", {"update"});
    CHECK(home.run("cargo", {"+stable", "--version"}) == "cargo 1.0.0 (sample 2024-02-02)\n");
    home.run("rustup", {"component", "remove", "--toolchain", "stable", "rustfmt"});
    home.run("rustup", {"component", "add", "--toolchain", "stable", "rustfmt"});
    home.run("rustfmt", {"+stable"});
    home.run("rustup", {"toolchain", "uninstall", "beta"});
    CHECK(home.run("rustup", {"toolchain", "list", "--quiet"}).starts_with("stable-"));
    rust.release_rustup(rustup_version(rust));
    CHECK_THAT(home.run("rustup", {"self", "update"}), Contains("unchanged"));
    rust.release_rustup("1000.0.0");
    CHECK_THAT(home.run("rustup", {"self", "update"}), Contains("updated"));
    home.run(rust.installer());
    home.run("cargo", {"--version"});
}

}  // namespace

TEST_CASE("cargo's commands work on a migrated home and keep its links", "[real]") {
    use_cargo(Beforehand::nothing);
}

TEST_CASE("cargo's commands work on a repaired home and keep its links", "[real]") {
    use_cargo(Beforehand::repair);
}

TEST_CASE("cargo's commands work on a home that is a link and keep its links", "[real]") {
    use_cargo(Beforehand::link);
}

TEST_CASE("rustup's commands work on a home that is a link and keep its links", "[real]") {
    use_rustup(Beforehand::link);
}

TEST_CASE("rustup's commands work on a migrated home and keep its links", "[real]") {
    use_rustup(Beforehand::nothing);
}

TEST_CASE("rustup's commands work on a repaired home and keep its links", "[real]") {
    use_rustup(Beforehand::repair);
}

TEST_CASE("each item of a home made by the real tools lands in its category", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    rust.run("rustup", {"toolchain", "install", "stable", "--no-self-update"});
    rust.run("cargo", {"install", "mill"});
    rust.run("cargo", {"build"}, make_package(rust, "package"));

    rust.run("rehome", {"migrate", "--apply", "--yes"});

    std::vector<std::string> links = compat_links(rust);
    // Which of env.fish, env.tcsh, ... there are depends on the machine's shells.
    std::erase_if(links, [](const std::string& link) { return link.starts_with("~/.cargo/env."); });
    CHECK(links == std::vector<std::string>{
                       "~/.cargo/.crates.toml -> ~/.local/share/cargo/.crates.toml",
                       "~/.cargo/.crates2.json -> ~/.local/share/cargo/.crates2.json",
                       "~/.cargo/bin -> ~/.local/share/cargo/bin",
                       "~/.cargo/config.toml -> ~/.config/cargo/config.toml",
                       "~/.cargo/env -> ~/.local/share/cargo/env",
                       "~/.cargo/git -> ~/.cache/cargo/git",
                       "~/.cargo/registry -> ~/.cache/cargo/registry",
                       "~/.rustup/downloads -> ~/.cache/rustup/downloads",
                       "~/.rustup/settings.toml -> ~/.config/rustup/settings.toml",
                       "~/.rustup/tmp -> ~/.cache/rustup/tmp",
                       "~/.rustup/toolchains -> ~/.local/share/rustup/toolchains",
                       "~/.rustup/update-hashes -> ~/.local/state/rustup/update-hashes",
                   });
    for (const fs::directory_entry& entry : fs::directory_iterator(rust.cargo_home())) {
        if (entry.path().filename().string().starts_with("env.")) {
            CHECK(entry.is_symlink());
        }
    }
    for (const char* lock : {".package-cache", ".package-cache-mutate", ".global-cache"}) {
        CHECK(fs::is_regular_file(fs::symlink_status(rust.cargo_home() / lock)));
    }
}
