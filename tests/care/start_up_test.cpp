#include "care/path_words.hpp"
#include "care/programs.hpp"
#include "care/start_up.hpp"
#include "care/uninstall.hpp"

#include <catch2/catch.hpp>

using namespace rehome::care;

TEST_CASE("a line of a start-up file is read as the shells read it", "[care]") {
    const auto sourced = [](const char* line) { return sourced_by(line, "/home/a", "/opt/cargo"); };
    CHECK(sourced(". \"$HOME/.cargo/env\"") == "/home/a/.cargo/env");
    CHECK(sourced("  source '/home/a/.cargo/env'; ") == "/home/a/.cargo/env");
    CHECK(sourced("source ~/.cargo/env.fish") == "/home/a/.cargo/env.fish");
    CHECK(sourced("source \"${HOME}/.cargo/env.nu\"") == "/home/a/.cargo/env.nu");
    CHECK(sourced(". \"$CARGO_HOME/env\"") == "/opt/cargo/env");
    // Not rustup's, not for sure, or not at all.
    CHECK(sourced(". ~/.bashrc") == "");
    CHECK(sourced("# . \"$HOME/.cargo/env\"") == "");
    CHECK(sourced("[ -f ~/.cargo/env ] && . ~/.cargo/env") == "");
    CHECK(sourced(". \"$OTHER/env\"") == "");
    CHECK(sourced(". env") == "");
    CHECK(sourced(". ") == "");
    CHECK(sourced("") == "");
}

TEST_CASE("a path in a command means itself to every shell", "[care]") {
    CHECK(shell_word("/home/a/.cache/cargo", "/home/a") == "~/.cache/cargo");
    CHECK(shell_word("/home/ab/x", "/home/a") == "/home/ab/x");
    CHECK(shell_word("/home/a/my cache", "/home/a") == "'/home/a/my cache'");
    CHECK(shell_word("/it's", "/home/a") == "'/it'\\''s'");
    CHECK(shell_word("/a/$(b)", "/") == "'/a/$(b)'");
    CHECK(shell_word("/a/\x1b[2J'\xff", "/home/a") == "$'/a/\\033[2J\\047\\377'");
    CHECK(named("/home/a/x\ny", "/home/a") == "'~/x\\ny'");
}

TEST_CASE("the default toolchain is read from rustup's settings", "[care]") {
    CHECK(default_toolchain("version = \"12\"\ndefault_toolchain = \"stable-x\"\n") == "stable-x");
    CHECK(default_toolchain("version = \"12\"\n") == "");
    CHECK(default_toolchain("[[[") == "");
}

TEST_CASE("rustup knows its own names in bin", "[care]") {
    CHECK(is_of_rustup("rustup"));
    CHECK(is_of_rustup("cargo-clippy"));
    CHECK_FALSE(is_of_rustup("cargo-edit"));
    CHECK_FALSE(is_of_rustup("rustup-init"));
}
