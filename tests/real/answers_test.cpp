// What the real cargo and rustup answer before and after a switch.
#include "real/rust_home.hpp"
#include "rust/answers.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace rehome::real;
using Catch::Matchers::Contains;
using rehome::support::difference;
using rehome::support::read_file;
using rehome::support::take_snapshot;
using rehome::support::write_file;
namespace fs = std::filesystem;

namespace {

// A toolchain whose cargo is this.
void make_toolchain(const RustHome& rust, const std::string& name, const fs::path& cargo) {
    const fs::path bin = rust.rustup_home() / "toolchains" / name / "bin";
    fs::create_directories(bin);
    fs::create_symlink(cargo, bin / "cargo");
    fs::create_symlink("cargo", bin / "rustc");
}

// A program that tells that it was run.
void make_program(const fs::path& path, const fs::path& log) {
    write_file(path, fmt::format("#!/bin/sh\necho run >> '{}'\necho rustc 1.0.0\n", log.string()));
    fs::permissions(path, fs::perms(0755));
}

std::string journal_of(const RustHome& rust) {
    return read_file(rust.home() / ".local/state/rehome/transactions/1/journal");
}

int count(const std::string& text, const std::string& part) {
    int times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++times;
    }
    return times;
}

// Writes it in turn with what was there, in place, until it goes.
class Writer {
public:
    Writer(fs::path file, std::string other)
        : file_(std::move(file)), texts_{read_file(file_), std::move(other)},
          thread_([this](const std::stop_token& stop) { write(stop); }) {}

private:
    void write(const std::stop_token& stop) const {
        for (std::size_t turn = 1; !stop.stop_requested(); ++turn) {
            std::ofstream(file_) << texts_[turn % 2];
            std::this_thread::sleep_for(std::chrono::milliseconds(turn % 40));
        }
        std::ofstream(file_) << texts_[0];
    }

    fs::path file_;
    std::string texts_[2];
    std::jthread thread_;
};

}  // namespace

TEST_CASE("the questions before and after a switch are answered, and change nothing", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rehome::os::Environment environment;
    environment.user = ::geteuid();
    const auto variables = rust.command("rehome", {}).variables;
    environment.variables.insert(variables.begin(), variables.end());
    const rehome::os::ReadFs files;
    const rehome::rust::Tools tools(files, environment, rust.cargo_home(), rust.rustup_home());
    const auto check_unchanged = [&](std::size_t asked) {
        const auto before = take_snapshot(rust.home());
        const auto questions = tools.questions(std::chrono::minutes(1));
        const auto answers = tools.ask(questions, std::chrono::minutes(1));
        CHECK(difference(before, take_snapshot(rust.home())) == "");
        CHECK(answers.sources);
        CHECK(answers.all.size() == asked);
        return answers.all;
    };
    for (const rehome::rust::Answer& answer : check_unchanged(4)) {
        INFO(answer.question);
        CHECK(answer.end == rehome::rust::Answer::End::done);
    }
    // Nor where something is missing that it could make.
    rust.run("rustup", {"toolchain", "uninstall", "machine"});
    check_unchanged(4);
    fs::remove_all(rust.rustup_home() / "toolchains");
    check_unchanged(4);
    fs::remove(rust.rustup_home() / "settings.toml");
    check_unchanged(0);
}

TEST_CASE("the answers are the same there and back", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    rust.run("rehome", {"migrate", "--apply", "--yes"});
    CHECK(count(journal_of(rust), R"("verdict":"same")") == 4);
    CHECK_THAT(rust.run("rehome", {"rollback", "--yes"}).err, !Contains("warning"));
    CHECK(count(journal_of(rust), R"("verdict":"same")") == 8);
}

TEST_CASE("a toolchain that works only at its old place puts everything back", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    make_program(rust.rustup_home() / "own/cargo", rust.home() / "log");
    make_toolchain(rust, "own", "../../../own/cargo");
    rust.run("rustup", {"default", "own"});
    fs::create_directories(rust.home() / ".local/state");
    rust.run("cargo", {"--version"});
    const auto cargo = take_snapshot(rust.cargo_home());
    const auto rustup = take_snapshot(rust.rustup_home());

    const auto moved = run(rust.command("rehome", {"migrate", "--apply", "--yes"}));
    INFO(moved.err);
    CHECK(moved.exit_code == 1);
    CHECK_THAT(moved.err,
               Contains("with the items moved 'cargo --version' fails") &&
                   Contains("everything was put back"));
    CHECK(compat_links(rust).empty());
    CHECK(difference(rustup, take_snapshot(rust.rustup_home())) == "");
    const rehome::support::SnapshotOptions but_for_locks{
        .except = {".package-cache", ".package-cache-mutate", "."}};
    CHECK(difference(cargo, take_snapshot(rust.cargo_home(), but_for_locks)).find("bin") ==
          std::string::npos);

    rust.run("rehome", {"migrate", "--apply", "--yes", "--exclude", "rustup/toolchains"});
    rust.run("cargo", {"--version"});
}

TEST_CASE("settings that change in place all the time put nothing back", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    make_program(rust.home() / "other", rust.home() / "log");
    make_toolchain(rust, "other", rust.home() / "other");
    const fs::path settings = rust.rustup_home() / "settings.toml";
    std::string other = read_file(settings);
    const std::size_t name = other.find("machine");
    REQUIRE(name != std::string::npos);
    other.replace(name, 7, "other");
    const Writer writer(settings, other);
    for (int round = 0; round < 10; ++round) {
        rust.run("rehome", {"migrate", "--apply", "--yes"});
        CHECK_THAT(rust.run("rehome", {"rollback", "--yes"}).err, !Contains("warning"));
    }
}

// Above a directory for temporary files everybody may put one.
TEST_CASE("no toolchain that a stranger names is ever run", "[real]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const fs::path temporary = rust.home() / "temporary";
    const fs::path log = rust.home() / "log";
    make_program(temporary / "toolchain/bin/rustc", log);
    make_program(temporary / "toolchain/bin/cargo", log);
    write_file(temporary / "rust-toolchain.toml",
               fmt::format("[toolchain]\npath = \"{}\"\n", (temporary / "toolchain").string()));
    fs::create_directory(temporary / "below");
    rust.run("cargo", {"--version"}, temporary / "below");
    REQUIRE(fs::remove(log));
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"migrate"},
                                                      {"migrate", "--apply", "--yes"},
                                                      {"doctor"},
                                                      {"uninstall-check"},
                                                      {"rollback", "--yes"}}) {
        auto rehome = rust.command("rehome", arguments);
        rehome.variables["TMPDIR"] = temporary.string();
        INFO(arguments.front());
        (void)run(rehome);
        CHECK_FALSE(fs::exists(log));
    }
}
