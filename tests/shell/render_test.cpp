#include "shell/snippet.hpp"
#include "support/command.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace rehome::shell {

namespace {

std::string fixture(const std::string& name) {
    return support::read_file(support::source_directory() / "fixtures/shell" / name);
}

Shell shell_of(const std::string& name) {
    const auto shell = shell_named(name);
    REQUIRE(shell);
    return *shell;
}

// The lines that are no comment.
std::string code_of(const std::string& rendered) {
    std::istringstream text(rendered);
    std::string code;
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with('#') && !line.empty()) {
            code += line + "\n";
        }
    }
    return code;
}

std::string posix_variable(const std::string& value, const std::string& home) {
    return code_of(render(Shell::posix, {.variables = {{"V", value}}, .home = home}));
}

const std::string home = "/home/ferris";

const Snippet nasty = {
    .notes = {"over\ntwo lines"},
    .variables = {{"A", home + "/it's $x `y` \"z\" \\ ! ~ % (id) {a} #"},
                  {"B", "/new\nline\rand return"},
                  {"C", "/\u201ccurly\u201d\u201e\u2018\u2019"},
                  {"D", "/odd\xff"}},
    .path = {home + "/$x bin", "/odd\xff/bin"},
    .directories = {{home + "/[a]*", "/(id)/$x"}, {home + "/odd\xff", "/fine"}},
    .home = home,
};

}  // namespace

// The others are proven by the shells themselves; these two are seldom installed.
TEST_CASE("PowerShell and nushell write what is special to them in their own way", "[shell]") {
    for (const std::string name : {"powershell", "nushell"}) {
        CAPTURE(name);
        CHECK(render(shell_of(name), nasty) == fixture("nasty." + name + ".txt"));
    }
}

TEST_CASE("without variables, path and directories there are only comments", "[shell]") {
    for (const std::string& name : shell_names()) {
        CAPTURE(name);
        const std::string text = render(shell_of(name), {.notes = {"no home at all"}});
        CHECK(code_of(text).empty());
        CHECK(text.find("rehome print-env " + name) != std::string::npos);
        CHECK(text.ends_with("\n#\n# no home at all\n"));
    }
}

TEST_CASE("a note cannot leave its comment", "[shell]") {
    for (const std::string& name : shell_names()) {
        CAPTURE(name);
        const std::string note = "one\ntwo\r\nthree\x0b\xff four\\";
        CHECK(code_of(render(shell_of(name), {.notes = {note}})).empty());
    }
}

TEST_CASE("only home and what lies below it is relative to HOME", "[shell]") {
    CHECK(posix_variable("/home/ferris", home) == "export V=\"$HOME\"\n");
    CHECK(posix_variable("/home/ferris/", home) == "export V=\"$HOME/\"\n");
    CHECK(posix_variable("/home/ferris/.cargo", home) == "export V=\"$HOME/.cargo\"\n");
    CHECK(posix_variable("/home/ferris2/.cargo", home) == "export V=\"/home/ferris2/.cargo\"\n");
    CHECK(posix_variable("/home", home) == "export V=\"/home\"\n");
    CHECK(posix_variable("ferris", home) == "export V=\"ferris\"\n");
}

TEST_CASE("a home that would change the path's bytes is not used", "[shell]") {
    CHECK(posix_variable("/home/ferris/.cargo", "") == "export V=\"/home/ferris/.cargo\"\n");
    CHECK(posix_variable("/.cargo", "/") == "export V=\"/.cargo\"\n");
    CHECK(posix_variable("/home/me/.cargo", "/home/me/") == "export V=\"/home/me/.cargo\"\n");
}

TEST_CASE("a shell is known by its name alone", "[shell]") {
    CHECK(shell_names() ==
          std::vector<std::string>{
              "bash", "zsh", "fish", "powershell", "posix", "nushell", "tcsh", "xonsh"});
    CHECK(shell_named("fish") == Shell::fish);
    CHECK_FALSE(shell_named("fis"));
    CHECK_FALSE(shell_named(""));
}

}  // namespace rehome::shell
