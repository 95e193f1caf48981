// What each form writes, byte by byte, for an ordinary home and for one whose names are hostile.

#include "base/error.hpp"
#include "shell/form.hpp"
#include "shell/samples.hpp"
#include "support/command.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace rehome::shell {

namespace {

std::string fixture(const std::string& name) {
    return support::read_file(support::source_directory() / "fixtures/shell" / name);
}

// What each form that is written once says of the values that it refuses, a line each.
std::string refusals() {
    std::string text;
    for (const Form& form : forms()) {
        if (form.use == Use::start_up) {
            continue;
        }
        for (const std::string& value : hostile_values()) {
            try {
                static_cast<void>(form.write(hostile_sample({value})));
            } catch (const base::Error& error) {
                CHECK(error.kind() == base::Kind::usage);
                text += fmt::format("{}\n", error.what());
            }
        }
    }
    return text;
}

}  // namespace

TEST_CASE("every form of a plain home looks as if a person had written it", "[shell][form]") {
    for (const Form& form : forms()) {
        CAPTURE(form.name);
        CHECK(form.write(plain_sample()) == fixture("plain." + form.name + ".txt"));
    }
}

TEST_CASE("every form writes what is special to it in its own way", "[shell][form]") {
    for (const Form& form : forms()) {
        if (form.use == Use::once) {
            CAPTURE(form.name);
            const std::vector<std::string> values = sayable(form.name, hostile_values());
            CHECK(form.write(hostile_sample(values)) == fixture("hostile." + form.name + ".txt"));
        }
    }
}

TEST_CASE("what a form cannot say is an error that names it, never a wrong line", "[shell][form]") {
    CHECK(refusals() == fixture("refusals.txt"));
}

TEST_CASE("without anything to say a form is still right", "[shell][form]") {
    const Snippet empty{.notes = {"no home at all"}};
    for (const Form& form : forms()) {
        CAPTURE(form.name);
        const std::string text = form.write(empty);
        const bool has_comments = form.advice.empty();
        CHECK((text.find("rehome print-env " + form.name) != text.npos) == has_comments);
        CHECK((text.find("no home at all") != text.npos) == has_comments);
    }
    CHECK(written("tmpfiles", empty).ends_with("#\n# no home at all\n"));
    CHECK(written("github-actions", empty).ends_with("#\n# no home at all\n"));
}

TEST_CASE("a note cannot leave the comment of a form", "[shell][form]") {
    const Snippet noted{.notes = {"one\ntwo\r\nX=three\x0b\xff --> */ four\\"}};
    for (const std::string form : {"environment.d",
                                   "jetbrains",
                                   "dockerfile",
                                   "github-actions",
                                   "tmpfiles",
                                   "windows-user",
                                   "backup-excludes-rsync",
                                   "time-machine"}) {
        CAPTURE(form);
        const std::string text = written(form, noted);
        for (std::size_t at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1)) {
            CHECK(text[at + 1] == '#');
        }
    }
    CHECK(written("jetbrains", noted).find('=') == std::string::npos);
}

TEST_CASE("a separator inside an entry of PATH is refused where it would part it",
          "[shell][form]") {
    const Snippet snippet{.path = {"/a:b"}};
    for (const std::string form :
         {"environment.d", "launchd", "vscode", "dockerfile", "devcontainer"}) {
        CAPTURE(form);
        CHECK_THROWS_WITH(written(form, snippet),
                          fmt::format("{} has no sure way to write ':' in '/a:b', for PATH", form));
    }
}

TEST_CASE("VS Code has a section for each platform", "[shell][form]") {
    Snippet snippet = plain_sample();
    snippet.platform = os::Platform::macos;
    CHECK(written("vscode", snippet).find("terminal.integrated.env.osx") != std::string::npos);
    snippet.platform = os::Platform::windows;
    const std::string windows = written("vscode", snippet);
    CHECK(windows.find("terminal.integrated.env.windows") != std::string::npos);
    CHECK(windows.find("/opt/rust/bin;${env:PATH}") != std::string::npos);
}

TEST_CASE("a form is known by its name alone", "[shell][form]") {
    std::set<std::string> names;
    for (const Form& form : forms()) {
        names.insert(form.name);
    }
    CHECK(names.size() == forms().size());
    CHECK(names.size() == shell_names().size() + 15);
}

}  // namespace rehome::shell
