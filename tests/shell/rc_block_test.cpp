#include "base/error.hpp"
#include "shell/rc_block.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace rehome::shell {

namespace {

const std::string some_lines = "if true; then\n    eval \"$(x)\"\nfi\n";

std::string installed(const std::string& text, const RcOrigin& origin = {}) {
    return with_block(text, some_lines, origin, "rc");
}

std::string refusal(const std::string& text) {
    try {
        static_cast<void>(find_block(text, "/home/me/.bashrc"));
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::refused);
        CHECK(error.help());
        return error.what();
    }
    return "";
}

// Pieces from which a start-up file may be made that is hard on an editor of text.
const std::vector<std::string> pieces = {
    "",
    "\n",
    "\r\n",
    "\r",
    "\n\n\n",
    std::string("\0\n", 2),
    std::string(1, '\0'),
    "\xff\xfe",
    "\xef\xbb\xbf",
    "export A=1",
    "export B=2\n",
    "set C=3\r\n",
    "ends in a backslash \\",
    "ends in a backslash \\\n",
    "cat << END\n",
    "\"",
    "# >>> conda initialize >>>\n# <<< conda initialize <<<\n",
    " # >>> rehome env >>>\n",
    "x # >>> rehome env >>>\n",
    "# >>> rehome env >>\n",
    "# >>> rehome env >>>x\n",
    "# <<< rehome env <<<x\n",
    " # <<< rehome env <<<\n",
    " (the line above had no end)",
    " (the file is new) (directories made: 9)\n",
};

std::string random_text(std::mt19937& random) {
    std::uniform_int_distribution<std::size_t> which(0, pieces.size() - 1);
    std::uniform_int_distribution<int> how_many(0, 6);
    std::string text;
    for (int left = how_many(random); left > 0; --left) {
        text += pieces[which(random)];
    }
    return text;
}

// Two pieces side by side can be a marker: then the text has one already.
bool has_marker(const std::string& text) {
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        if (line == "# <<< rehome env <<<" || line == "# >>> rehome env >>>" ||
            line.starts_with("# >>> rehome env >>> ")) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

}  // namespace

TEST_CASE("any text comes back byte for byte when the block goes", "[rc_block][shell]") {
    std::mt19937 random(20240229);
    int tried = 0;
    for (int round = 0; round < 20'000; ++round) {
        const std::string text = random_text(random);
        if (has_marker(text)) {
            continue;
        }
        const RcOrigin origin{.was_there = !text.empty() || round % 2 == 0,
                              .directories_made = static_cast<std::size_t>(round % 3)};
        const std::string with = installed(text, origin);
        INFO("round " << round << ": " << with);
        REQUIRE(with.starts_with(text));
        REQUIRE(with.find(some_lines) != std::string::npos);
        const auto block = find_block(with, "rc");
        REQUIRE(block);
        REQUIRE(block->end == with.size());
        REQUIRE((block->begin == 0 || with[block->begin - 1] == '\n'));
        REQUIRE(block->origin.was_there == origin.was_there);
        REQUIRE(block->origin.directories_made == origin.directories_made);
        REQUIRE(without_block(with, "rc") == text);
        // The second time changes nothing, whatever origin it is given.
        REQUIRE(installed(with) == with);
        ++tried;
    }
    CHECK(tried > 15'000);
}

TEST_CASE("what is written around the block later stays byte for byte", "[rc_block][shell]") {
    std::mt19937 random(7);
    for (int round = 0; round < 5'000; ++round) {
        const std::string text = random_text(random);
        const std::string above = random_text(random) + "\n";
        const std::string below = random_text(random);
        if (has_marker(text) || has_marker(above + text) || has_marker(below)) {
            continue;
        }
        const std::string with = above + installed(text) + below;
        const std::string without = without_block(with, "rc");
        INFO("round " << round << ": " << with);
        const bool ended = text.empty() || text.ends_with('\n');
        REQUIRE(without == above + text + (ended || below.empty() ? "" : "\n") + below);
        // An older block is replaced where it stands.
        const std::string newer = with_block(with, "newer\n", {}, "rc");
        REQUIRE(newer.starts_with(above + text));
        REQUIRE(newer.ends_with("\nnewer\n# <<< rehome env <<<\n" + below));
        REQUIRE(without_block(newer, "rc") == without);
    }
}

TEST_CASE("a block whose lines an editor has given a \\r is found", "[rc_block][shell]") {
    for (const std::string text : {"a=1\nb=2\n", "a=1\nb=2", ""}) {
        std::string with = installed(text);
        std::string converted;
        for (const char one : with) {
            converted += one == '\n' ? "\r\n" : std::string(1, one);
        }
        std::string expected;
        for (const char one : text) {
            expected += one == '\n' ? "\r\n" : std::string(1, one);
        }
        CHECK(without_block(converted, "rc") == expected);
        CHECK(with_block(converted, some_lines, {}, "rc").find(some_lines) != std::string::npos);
    }
}

TEST_CASE("an end marker that has lost its newline is one", "[rc_block][shell]") {
    std::string with = installed("a\n");
    with.pop_back();
    CHECK(without_block(with, "rc") == "a\n");
    CHECK(installed(with) == installed("a\n"));
}

TEST_CASE("markers that do not fit together are refused by file and line", "[rc_block][shell]") {
    const std::string begin = "# >>> rehome env >>> some words\n";
    const std::string end = "# <<< rehome env <<<\n";
    CHECK(refusal("a\n" + begin + "b\n") ==
          "/home/me/.bashrc:2: rehome's lines begin here and do not end; nothing was changed");
    CHECK(refusal("a\n\n" + end) ==
          "/home/me/.bashrc:3: rehome's lines end here and do not begin; nothing was changed");
    CHECK(refusal(begin + "x\n" + begin + end) ==
          "/home/me/.bashrc:1: rehome's lines begin here and do not end; nothing was changed");
    CHECK(refusal(begin + end + begin + end) ==
          "/home/me/.bashrc:3: rehome's lines begin here a second time; nothing was changed");
    CHECK(refusal(begin + end + "\n" + end) ==
          "/home/me/.bashrc:4: rehome's lines end here and do not begin; nothing was changed");
    CHECK(refusal(begin + end).empty());
    CHECK(refusal("").empty());
    for (const std::string& text : {begin, end}) {
        CHECK_THROWS_AS(with_block(text, some_lines, {}, "rc"), base::Error);
        CHECK_THROWS_AS(without_block(text, "rc"), base::Error);
    }
}

}  // namespace rehome::shell
