#include "base/error.hpp"
#include "rules/load.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using rules::Category;
using rules::RuleSet;

namespace {

RuleSet with(const std::vector<rules::RuleFile>& users) {
    return rules::parse_rules(rules::embedded_files(), users);
}

std::string message_of(const std::vector<rules::RuleFile>& users) {
    try {
        with(users);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::usage);
        return error.what();
    }
    return "no error";
}

std::string message_of(const std::string& text) {
    return message_of(std::vector<rules::RuleFile>{{"my.toml", text}});
}

Category category_of(const RuleSet& set, const std::string& item,
                     const std::string& profile = "category") {
    return set.category(*set.find(item), set.profile(profile));
}

}  // namespace

TEST_CASE("an unknown word is shown with its place and the nearest one", "[rules]") {
    CHECK(message_of("[[item]]\npath = \"cargo/registry\"\ncategory = \"cahce\"\n") ==
          "my.toml:3:12: unknown category 'cahce' (did you mean 'cache'?); it is one of config, "
          "data, state, cache, bin and keep\n"
          "    category = \"cahce\"\n"
          "               ^");
}

TEST_CASE("an unknown key is shown with its place and the nearest one", "[rules]") {
    CHECK(message_of("[[item]]\npath = \"cargo/x\"\n\tcatgory = \"data\"\n") ==
          "my.toml:3:2: unknown key 'catgory' (did you mean 'category'?)\n"
          "    \tcatgory = \"data\"\n"
          "    \t^");
}

TEST_CASE("a mistake is shown as it can be shown, with the caret below it", "[rules]") {
    // Windows' line ends, also at the end of the file.
    CHECK(message_of("[[item]]\r\npath = 7\r\n") ==
          "my.toml:2:8: 'path' must be a string\n    path = 7\n           ^");
    CHECK(message_of("a = \"\"\"\r\n") ==
          "my.toml:1:8: Error while parsing string: encountered end-of-file\n"
          "    a = \"\"\"\n           ^");
    // Letters of several bytes take one column, before and behind a tab.
    CHECK(message_of("item = [{ about = \"\u00e9\u20ac\",\tpath = 7 }]\n") ==
          "my.toml:1:32: 'path' must be a string\n"
          "    item = [{ about = \"\u00e9\u20ac\",\tpath = 7 }]\n"
          "                           \t       ^");
    CHECK(message_of("[[item]]\n\tpath = 'cargo/\u00e9\xff'\n") ==
          "my.toml:2:17: the byte 0xff is not UTF-8\n"
          "    \tpath = 'cargo/\u00e9\uFFFD'\n"
          "    \t               ^");
    // Nothing gets through to the terminal.
    CHECK(message_of("path = \"\x1b[2J\"\n").find('\x1b') == std::string::npos);
    CHECK(message_of("[[item]]\npath = \"cargo/\\u001b\"\n") ==
          "my.toml:2:8: cargo/\\x1b needs a 'kind'\n"
          "    path = \"cargo/\\u001b\"\n           ^");
    CHECK(message_of(std::vector<rules::RuleFile>{{"a\nb.toml", "item = 3\n"}})
              .starts_with("a\\nb.toml:1:"));
}

TEST_CASE("what toml++ stumbles over is a mistake as any other", "[rules]") {
    CHECK(message_of("[[[").starts_with("my.toml:1:3: "));
    CHECK(message_of("\u00e9 = 1").starts_with("my.toml:1:1: "));
    CHECK(message_of("a\u00e9 = 1").starts_with("my.toml:1:2: "));
}

TEST_CASE("every other mistake in a rule file is named with its place", "[rules]") {
    const auto has = [](const std::string& text, const std::string& part) {
        const std::string message = message_of(text);
        INFO(message);
        CHECK(message.find(part) != std::string::npos);
        CHECK(message.starts_with("my.toml:"));
    };
    has("[[item]\n", "my.toml:1:");
    has("[[item]]\nkind = \"file\"\n", "an item needs a 'path'");
    has("[[item]]\npath = \"cargo/x\"\ncategory = \"data\"\n", "cargo/x needs a 'kind'");
    has("[[item]]\npath = \"cargo/x\"\nkind = \"file\"\n", "cargo/x needs a 'category'");
    has("[[item]]\npath = \"crago/x\"\n", "did you mean 'cargo'?");
    has("[[item]]\npath = \"cargo/../x\"\n", "'..' is not allowed");
    has("[[item]]\npath = \"cargo//x\"\n", "'' is not allowed");
    has("[[item]]\npath = \"cargo/.rehome\"\n", "is not allowed");
    has("[[item]]\npath = 7\n", "'path' must be a string");
    has("[[item]]\npath = \"cargo/env\"\nregenerable = \"yes\"\n", "must be true or false");
    has("[[item]]\npath = \"cargo/env\"\nmode = \"600\"\n", "four octal digits");
    has("[[item]]\npath = \"cargo/env\"\ncategory = \"bin\"\n", "is for cargo/bin alone");
    has("[[item]]\npath = \"cargo/env\"\nsame_filesystem_as = \"cargo/regisry\"\n",
        "did you mean 'cargo/registry'?");
    has("[[item]]\npath = \"cargo/env\"\nrecreated_from = \"cargo/regisry\"\n",
        "did you mean 'cargo/registry'?");
    has("[[item]]\npath = \"cargo/env\"\nrecreated_from = \"cargo/env\"\n",
        "'recreated_from' names the item itself");
    has("item = 3\n", "written as [[item]]");
    has("[profiles.p]\nothers = \"go\"\n", "unknown others 'go'");
    has("[profiles.p.items]\n\"cargo/regstry\" = \"data\"\n", "did you mean 'cargo/registry'?");
}

TEST_CASE("what two files of the user set both is an error naming both lines", "[rules]") {
    const std::string text = "[[item]]\npath = \"cargo/env\"\ncategory = \"state\"\n";
    const std::string message = message_of({{"a.toml", text}, {"b.toml", "\n" + text}});
    CHECK(message.starts_with("b.toml:4:1: 'category' of cargo/env is set here and at a.toml:3:1"));
}

TEST_CASE("a known item keeps what the user does not name", "[rules]") {
    const RuleSet set =
        with({{"my.toml", "[[item]]\npath = \"cargo/registry\"\ncategory = \"state\"\n"}});
    CHECK(category_of(set, "cargo/registry") == Category::state);
    CHECK(set.find("cargo/registry")->regenerable);
    CHECK(set.find("cargo/registry")->source.file == "my.toml");
    // What lies inside goes along unless it says otherwise.
    CHECK(category_of(set, "cargo/registry/src") == Category::state);
}

TEST_CASE("a new item and a new profile add to the known ones", "[rules]") {
    const RuleSet set = with({{"my.toml",
                               "[[item]]\npath = \"cargo/notes\"\nkind = \"directory\"\n"
                               "category = \"data\"\n"
                               "[profiles.mine.items]\n\"cargo/notes\" = \"state\"\n"}});
    CHECK(category_of(set, "cargo/notes") == Category::data);
    CHECK(category_of(set, "cargo/notes", "mine") == Category::state);
    CHECK(category_of(set, "cargo/git", "mine") == Category::cache);
}

TEST_CASE("an unknown profile is refused with the nearest one", "[rules]") {
    try {
        (void)with({}).profile("teired");
        FAIL("no error");
    } catch (const base::Error& error) {
        CHECK(std::string(error.what()) == "there is no profile 'teired' (did you mean 'tiered'?)");
    }
}

TEST_CASE("rule files are read in the order of their names", "[rules]") {
    const support::TempDir directory;
    support::write_file(directory / "b.toml", "");
    support::write_file(directory / "a.toml", "");
    support::write_file(directory / "readme.md", "no rules");
    const std::vector<rules::RuleFile> files = rules::files_in(os::ReadFs(), directory.path());
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == (directory / "a.toml").string());
    CHECK_THROWS_AS(rules::load_rules(os::ReadFs(), directory / "none", directory / "none"),
                    base::Error);
}

TEST_CASE("the digest changes with every text", "[rules]") {
    CHECK(with({}).digest == with({}).digest);
    CHECK(with({}).digest != with({{"x", "# a comment\n"}}).digest);
}
