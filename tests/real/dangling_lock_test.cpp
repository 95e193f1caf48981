// Locks and records of cargo's that are links to nowhere. rehome makes no such link: these files
// stay in CARGO_HOME. The script of the pre-RFC does.

#include "real/loss.hpp"
#include "real/package.hpp"
#include "real/rust_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::run;
namespace fs = std::filesystem;

namespace {

const std::string build = "cd package && cargo build";
const std::string build_anew = "rm -rf package/target && " + build;
const std::string fetch = "cd package && cargo fetch";

const Outcome no_git = {101, {"failed to create directory `~/.cargo/git/db/git-", exists}};

}  // namespace

// As the script of the pre-RFC leaves a home: cargo's locks lie in the cache, too. rehome never
// moves them, so it has no journal of these links.
TEST_CASE("with locks in a purged cache the doctor says how cargo works again", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    succeed(script(rust,
                   "for name in .package-cache .package-cache-mutate .global-cache; do "
                   "mv .cargo/$name .cache/cargo/ && "
                   "ln -s \"$HOME/.cache/cargo/$name\" .cargo/$name || exit; done"));
    const KeptHome home(rust);
    CHECK(doctor_codes(rust).empty());
    const Outcome no_lock = {101,
                             {"failed to acquire package cache lock",
                              "failed to open: ~/.cargo/.package-cache",
                              missing}};

    succeed(script(rust, "rm -r .cache/cargo"));
    check_command(rust, "cargo --version", works);
    check_command(rust, "cd package && cargo metadata --no-deps --format-version 1", works);
    for (const std::string& command : {build,
                                       build + " --offline",
                                       fetch,
                                       std::string("cargo install mill"),
                                       std::string("cd package && cargo update")}) {
        check_command(rust, command, no_lock);
    }
    CHECK(doctor_codes(rust) == std::set<std::string>{"lost_lock", "purged"});
    CHECK(run(rust.command("rehome", {"repair", "--apply", "--yes"})).exit_code == 1);
    CHECK_THAT(said(rust, run(rust.command("rehome", {"doctor"}))),
               Contains("help: rm ~/.cargo/.package-cache\n") &&
                   Contains("help: rm ~/.cargo/.package-cache-mutate\n"));
    succeed(script(rust, "rm ~/.cargo/.package-cache ~/.cargo/.package-cache-mutate"));
    rust.run("rehome", {"repair", "--apply", "--yes"});
    succeed(script(rust, build_anew));
    CHECK(doctor_codes(rust).empty());

    home.restore();
    succeed(script(rust, "rm -r .cache/cargo && mkdir .cache/cargo"));
    check_command(rust, build_anew, no_git);
    rust.run("rehome", {"repair", "--apply", "--yes"});
    succeed(script(rust, build_anew));
    CHECK(fs::exists(rust.home() / ".cache/cargo/.package-cache"));
}

TEST_CASE("without its other files in CARGO_HOME cargo builds, and warns at most", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("cargo", {"build"}, make_package(rust, "package"));
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    const auto lead_nowhere = [&](const std::string& name) {
        succeed(script(
            rust, fmt::format("rm .cargo/{0} && ln -s \"$HOME/nowhere/{0}\" .cargo/{0}", name)));
    };
    lead_nowhere(".global-cache");
    CHECK_THAT(succeed(script(rust, build_anew)).err, !Contains("warning"));
    CHECK(doctor_codes(rust).empty());
    lead_nowhere(".package-cache-mutate");
    CHECK_THAT(said(rust, succeed(script(rust, build_anew))),
               Contains("warning: failed to auto-clean cache data") &&
                   Contains("failed to open: ~/.cargo/.package-cache-mutate"));
    CHECK(doctor_codes(rust) == std::set<std::string>{"lost_lock"});
    succeed(script(rust, "rm ~/.cargo/.package-cache-mutate"));
    CHECK_THAT(succeed(script(rust, build_anew)).err, !Contains("warning"));
    CHECK(doctor_codes(rust).empty());
}
