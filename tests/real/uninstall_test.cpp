// What the real rustup deletes, and how far: through links that rehome has made, through links that
// the user has made, and what `rehome uninstall-check` says before.

#include "base/json.hpp"
#include "real/kept_home.hpp"
#include "real/rust_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::CommandResult;
using rehome::support::read_file;
using rehome::support::run;
using rehome::support::write_file;
namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

Names names_in(const fs::path& directory) {
    Names names;
    for (const auto& entry : fs::directory_iterator(directory)) {
        names.insert(entry.path().filename().string());
    }
    return names;
}

rehome::base::json::value check_uninstall(const RustHome& rust) {
    const CommandResult result = run(rust.command("rehome", {"uninstall-check", "--json"}));
    INFO(result.out << result.err);
    return rehome::base::parse_json(result.out);
}

Names paths(const rehome::base::json::value& list) {
    Names paths;
    for (const rehome::base::json::value& path : list.as_array()) {
        paths.emplace(path.as_string());
    }
    return paths;
}

Names below(const fs::path& directory, const Names& names) {
    Names paths;
    for (const std::string& name : names) {
        paths.insert((directory / name).string());
    }
    return paths;
}

// Programs of others, one of them a directory.
void add_programs(const fs::path& directory) {
    write_file(directory / "my-own", "x");
    write_file(directory / "tools/below/file", "x");
}

const Names programs = {"my-own", "tools"};

// As the script of the pre-RFC, led to where everybody's programs are.
void share_bin(const RustHome& rust) {
    succeed(script(rust,
                   "mkdir -p .local/bin && mv .cargo/bin/* .local/bin/ && rmdir .cargo/bin && "
                   "ln -s \"$HOME/.local/bin\" .cargo/bin"));
    add_programs(rust.home() / ".local/bin");
}

void follow_order(const RustHome& rust, const rehome::base::json::value& said) {
    for (const rehome::base::json::value& command : said.at("order").as_array()) {
        std::string text(command.as_string());
        if (text.starts_with("rehome ")) {
            text = rehome::support::rehome_binary().string() + text.substr(6) + " --yes";
        }
        succeed(script(rust, text == "rustup self uninstall" ? text + " -y" : text));
    }
}

}  // namespace

TEST_CASE("behind a bin that the user has shared rustup deletes what is not its own", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const Names own = names_in(rust.cargo_home() / "bin");
    REQUIRE(own.size() == 14);
    share_bin(rust);
    const fs::path shared = rust.home() / ".local/bin";
    // rehome leaves the user's own link as it is, and what others share alone.
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(fs::read_symlink(rust.cargo_home() / "bin") == shared);

    const auto said = check_uninstall(rust);
    CHECK(paths(said.at("programs")) == below(rust.cargo_home() / "bin", programs));
    const Names orphaned = paths(said.at("orphaned"));
    const Names left = below(shared, own);
    CHECK(std::ranges::includes(orphaned, left));
    rust.run("rustup", {"self", "uninstall", "-y"});
    CHECK(names_in(shared) == own);
    CHECK_FALSE(fs::exists(rust.cargo_home()));
}

TEST_CASE("in the order of uninstall-check a shared bin loses only what is rustup's", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    share_bin(rust);
    const auto order = check_uninstall(rust).at("order").as_array();
    CHECK(order.size() == 2);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    follow_order(rust, check_uninstall(rust));
    CHECK(names_in(rust.home() / ".local/bin") == programs);
    CHECK(read_file(rust.home() / ".local/bin/tools/below/file") == "x");
    for (const char* name : {".cargo",
                             ".rustup",
                             ".config/cargo",
                             ".config/rustup",
                             ".local/share/cargo",
                             ".local/share/rustup",
                             ".cache/rustup"}) {
        INFO(name);
        CHECK_FALSE(fs::exists(fs::symlink_status(rust.home() / name)));
    }
}

TEST_CASE("of a bin that rehome has moved rustup and its proxies stay, and rollback has them",
          "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const Names own = names_in(rust.cargo_home() / "bin");
    add_programs(rust.cargo_home() / "bin");
    const fs::path shared = rust.home() / ".local/bin";
    add_programs(shared);
    rust.run("rehome", {"migrate", "--apply", "--yes", "--bin-links", shared.string()});
    REQUIRE(names_in(shared).size() == own.size() + programs.size());
    const auto said = check_uninstall(rust);
    CHECK(paths(said.at("programs")) == below(rust.cargo_home() / "bin", programs));

    rust.run("rustup", {"self", "uninstall", "-y"});
    CHECK(names_in(rust.home() / ".local/share/cargo/bin") == own);
    CHECK(read_file(shared / "tools/below/file") == "x");
    // A repair does not bring back what was uninstalled, and does not forget it.
    CHECK(doctor_codes(rust) == Names{"orphans"});
    CHECK_THAT(rust.run("rehome", {"repair", "--apply", "--yes"}).err, Contains("nothing to mend"));
    CHECK_FALSE(fs::exists(rust.cargo_home()));
    CHECK(doctor_codes(rust) == Names{"orphans"});
    rust.run("rehome", {"rollback", "--yes"});
    CHECK(doctor_codes(rust).empty());
    CHECK(names_in(rust.cargo_home() / "bin") == own);
    CHECK(names_in(shared) == programs);
    rust.run("cargo", {"--version"});
}

TEST_CASE("rustup self uninstall takes its own line from start-up files, and not ours", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path profile = rust.home() / ".profile";
    const std::string line = ". \"$HOME/.cargo/env\"\n";
    REQUIRE(read_file(profile) == line);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    rust.run("rehome", {"env", "install", "--shell", "bash", "--yes"});
    const std::string with_ours = read_file(profile);
    REQUIRE(with_ours.starts_with(line));
    REQUIRE(with_ours.size() > line.size());
    rust.run("rustup", {"self", "uninstall", "-y"});
    CHECK(read_file(profile) == with_ours.substr(line.size()));
    rust.run("rehome", {"env", "uninstall", "--yes"});
    CHECK((!fs::exists(profile) || read_file(profile).empty()));
    CHECK_FALSE(fs::exists(rust.home() / ".bashrc"));
}

TEST_CASE("rustup removes a toolchain through the links, and of a linked one the link", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    for (const char* name : {"stable", "beta", "nightly"}) {
        succeed(script(rust, fmt::format("rustup toolchain install {} --no-self-update", name)));
    }
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    const fs::path toolchains = rust.home() / ".local/share/rustup/toolchains";
    const fs::path hashes = rust.home() / ".local/state/rustup/update-hashes";
    const std::string host = fs::canonical(toolchains / "stable-x86_64-unknown-linux-gnu")
                                 .filename()
                                 .string()
                                 .substr(std::string("stable").size());
    REQUIRE(names_in(hashes) == Names{"beta" + host, "nightly" + host, "stable" + host});
    // An official name can be a link that the user has made.
    const fs::path own = rust.home() / "own";
    fs::rename(toolchains / ("nightly" + host), own);
    fs::create_directory_symlink(own, toolchains / ("nightly" + host));
    rust.run("rustup", {"toolchain", "link", "mine", own.string()});

    rust.run("rustup", {"toolchain", "uninstall", "stable", "nightly", "mine"});
    CHECK(names_in(toolchains) == Names{"beta" + host, "machine"});
    CHECK(names_in(hashes) == Names{"beta" + host});
    CHECK(fs::exists(own / "bin/cargo"));
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
}

// Why rehome never leads these two to a directory that others use.
TEST_CASE("rustup update empties tmp and downloads behind their links", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    const std::string install = "rustup toolchain install stable --no-self-update";
    succeed(script(rust, install));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const std::vector<std::string> links = compat_links(rust);
    const fs::path cache = rust.home() / ".cache/rustup";
    for (const char* name : {"tmp", "downloads"}) {
        write_file(cache / name / "of-others/file", "x");
        write_file(cache / name / "file", "x");
    }
    succeed(script(rust, install));
    succeed(script(rust, "rustup toolchain install beta --no-self-update"));
    for (const char* name : {"tmp", "downloads"}) {
        CHECK(fs::exists(cache / name / "of-others/file"));
    }
    succeed(script(rust, "rustup update --no-self-update"));
    for (const char* name : {"tmp", "downloads"}) {
        INFO(name);
        CHECK(fs::is_empty(cache / name));
    }
    CHECK(compat_links(rust) == links);
    CHECK(doctor_codes(rust).empty());
}

TEST_CASE("rehome does not lead downloads into a directory that others use", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.release_toolchains("2024-01-01");
    succeed(script(rust, "rustup toolchain install stable --no-self-update"));
    const fs::path shared = rust.home() / "shared";
    write_file(shared / "downloads/of-others", "x");
    auto migrate = rust.command("rehome", {"migrate", "--apply", "--yes"});
    migrate.variables["RUSTUP_CACHE_HOME"] = shared.string();
    const CommandResult refused = run(migrate);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.err, Contains((shared / "downloads").string()));
    CHECK(compat_links(rust).empty());
    succeed(script(rust, "rustup update --no-self-update"));
    CHECK(fs::exists(shared / "downloads/of-others"));
}
