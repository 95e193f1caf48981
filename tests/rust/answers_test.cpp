#include "rust/answers.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace rehome;
using support::read_file;
using support::write_file;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds a_minute{60'000};

void make_program(const fs::path& path, const std::string& script) {
    write_file(path, "#!/bin/sh\n" + script);
    fs::permissions(path, fs::perms(0755));
}

// Two homes with a cargo and a rustup that are scripts.
class Homes {
public:
    Homes() {
        write_file(settings(), "version = \"12\"\n");
        make_rustup("1.29.0", "");
        make_program(cargo(), "echo cargo\n");
        environment.variables = support::variables_of(directory_.path());
        environment.user = ::geteuid();
    }

    [[nodiscard]] fs::path settings() const { return directory_ / ".rustup/settings.toml"; }

    [[nodiscard]] fs::path toolchains() const { return directory_ / ".rustup/toolchains"; }

    [[nodiscard]] fs::path cargo() const { return directory_ / ".cargo/bin/cargo"; }

    [[nodiscard]] fs::path rustup() const { return directory_ / ".cargo/bin/rustup"; }

    [[nodiscard]] fs::path log() const { return directory_ / "log"; }

    // It says this version, and runs the script for all other questions.
    void make_rustup(const std::string& version, const std::string& script) const {
        make_program(
            rustup(),
            fmt::format("[ \"$1\" = --version ] && echo 'rustup {} (x)' && exit\n", version) +
                script);
    }

    [[nodiscard]] rust::Tools tools() const {
        return {fs_, environment, directory_ / ".cargo", directory_ / ".rustup"};
    }

    [[nodiscard]] std::vector<std::string> questions() const { return tools().questions(a_minute); }

    [[nodiscard]] rust::Answers ask(std::chrono::milliseconds limit = a_minute) const {
        return tools().ask({"rustup toolchain list"}, limit);
    }

    [[nodiscard]] fs::path path() const { return directory_.path(); }

    os::Environment environment;

private:
    os::ReadFs fs_;
    support::TempDir directory_;
};

const std::vector<std::string> all{"cargo --version",
                                   "rustup show active-toolchain",
                                   "rustup toolchain list",
                                   "rustup which cargo"};

}  // namespace

TEST_CASE("only tools that are there and that the caller trusts are asked", "[rust]") {
    Homes homes;
    CHECK(homes.questions() == all);
    SECTION("without settings, which rustup would make") {
        fs::remove(homes.settings());
        CHECK(homes.questions().empty());
    }
    SECTION("without cargo") {
        fs::remove(homes.cargo());
        CHECK(homes.questions() == std::vector(all.begin() + 1, all.end()));
    }
    SECTION("without rustup") {
        fs::remove(homes.rustup());
        CHECK(homes.questions().empty());
    }
    SECTION("a rustup that cannot be kept from installing") {
        homes.make_rustup("1.28.0", "");
        CHECK(homes.questions() == std::vector<std::string>{"rustup toolchain list"});
        homes.make_rustup("1.28.1", "");
        CHECK(homes.questions() == all);
    }
    SECTION("programs of somebody else") {
        if (::geteuid() == 0) {
            REQUIRE(::chown(homes.rustup().c_str(), 54321, 54321) == 0);
        } else {
            homes.environment.user = ::geteuid() + 1;
        }
        CHECK(homes.questions().empty());
    }
}

TEST_CASE("tools are asked offline, from the root directory, and may install nothing", "[rust]") {
    const Homes homes;
    homes.make_rustup("1.29.0",
                      "echo \"$* in $(pwd) with $CARGO_HOME and $RUSTUP_HOME: $CARGO_NET_OFFLINE "
                      "$RUSTUP_AUTO_INSTALL $(cat)\"\n");
    const rust::Answers answers = homes.ask();
    REQUIRE(answers.all.size() == 1);
    const std::string home = homes.path().string();
    CHECK(answers.all[0].output ==
          base::digest_of(fmt::format(
              "toolchain list in / with {}/.cargo and {}/.rustup: true 0 \n", home, home)));
    CHECK(answers.all[0].end == rust::Answer::End::done);
    CHECK(answers.sources);
}

TEST_CASE("who fails or does not end has no answer", "[rust]") {
    const Homes homes;
    homes.make_rustup("1.29.0", "echo something; exit 1\n");
    CHECK(homes.ask().all[0].end == rust::Answer::End::failed);
    homes.make_rustup("1.29.0", "echo something; sleep 1000\n");
    CHECK(homes.ask(std::chrono::milliseconds(300)).all[0].end == rust::Answer::End::late);
    fs::remove(homes.rustup());
    CHECK(homes.ask().all[0].end == rust::Answer::End::failed);
}

TEST_CASE("an answer whose sources change meanwhile is asked for again", "[rust]") {
    const Homes homes;
    // The settings are as before when it ends.
    const std::string change =
        fmt::format("echo other > '{0}'; sleep 0.02; echo 'version = \"12\"' > '{0}'\n",
                    homes.settings().string());
    const std::string count = fmt::format("echo asked >> '{}'\n", homes.log().string());
    homes.make_rustup("1.29.0", count + change);
    CHECK_FALSE(homes.ask().sources);
    CHECK(read_file(homes.log()) == "asked\nasked\nasked\nasked\nasked\n");
    fs::remove(homes.log());

    homes.make_rustup(
        "1.29.0",
        count + fmt::format("[ $(wc -l < '{}') -gt 2 ] && exit\n", homes.log().string()) + change);
    CHECK(homes.ask().sources);
    CHECK(read_file(homes.log()) == "asked\nasked\nasked\n");
}

TEST_CASE("answers are compared where they come from the same", "[rust]") {
    const Homes homes;
    const fs::path cargo = homes.toolchains() / "stable/bin/cargo";
    make_program(cargo, "");
    const rust::Sources before = *homes.ask().sources;
    const auto is_same = [&] { return rust::are_comparable(before, *homes.ask().sources); };
    CHECK(is_same());
    SECTION("other settings") {
        write_file(homes.settings(), "version = \"13\"\n");
        CHECK_FALSE(is_same());
    }
    SECTION("another toolchain") {
        fs::create_directory(homes.toolchains() / "beta");
        CHECK_FALSE(is_same());
    }
    SECTION("an update of a toolchain") {
        make_program(cargo, "echo a newer one\n");
        CHECK_FALSE(is_same());
    }
    SECTION("an update of rustup") {
        homes.make_rustup("1.30.0", "");
        CHECK_FALSE(is_same());
    }
    SECTION("a program that is lost may be the damage that is looked for") {
        fs::remove(cargo);
        CHECK(is_same());
    }
}
