#include "base/base64.hpp"
#include "base/crc.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <catch2/catch.hpp>

using namespace rehome::base;

TEST_CASE("CRC-32 is the one of zip", "[base]") {
    CHECK(crc32_hex("123456789") == "cbf43926");
}

TEST_CASE("only well-formed UTF-8 counts as UTF-8", "[base]") {
    CHECK(is_utf8("plain"));
    CHECK(is_utf8("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA6\x80"));
    CHECK_FALSE(is_utf8("\xFF"));
    CHECK_FALSE(is_utf8("\xC3"));
    CHECK_FALSE(is_utf8("\xC0\xAF"));          // overlong '/'
    CHECK_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
    CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
}

TEST_CASE("messages show any path on one line", "[base]") {
    CHECK(in_quotes("/home/a b") == "'/home/a b'");
    CHECK(in_quotes("a\nb\tc\\d") == "'a\\nb\\tc\\\\d'");
    CHECK(in_quotes("caf\xC3\xA9") == "'caf\xC3\xA9'");
    CHECK(in_quotes("\xFF\x1B") == "'\\xff\\x1b'");
}

TEST_CASE("base64 goes there and back and refuses what it did not make", "[base]") {
    for (const std::string bytes : {"", "f", "fo", "foo", "\xFF\xFE"}) {
        CHECK(from_base64(base64(bytes)) == bytes);
    }
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK_FALSE(from_base64("Zm9vYg="));
    CHECK_FALSE(from_base64("Zm9v!g=="));
}

TEST_CASE("bytes are said in powers of 1024", "[base]") {
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1024) == "1.0 KiB");
    CHECK(human_bytes(1024 * 1024 - 1) == "1.0 MiB");
    CHECK(human_bytes(5'476'083'302) == "5.1 GiB");
}

TEST_CASE("counts have separators and the right number of the noun", "[base]") {
    CHECK(counted(1, "item") == "1 item");
    CHECK(counted(0, "item") == "0 items");
    CHECK(counted(1'234'567, "file") == "1,234,567 files");
}

TEST_CASE("the nearest word is named only when it is near", "[base]") {
    const std::vector<std::string> words{"config", "data", "cache"};
    CHECK(nearest_word("cahce", words) == "cache");
    CHECK(nearest_word("confg", words) == "config");
    CHECK_FALSE(nearest_word("programs", words));
    CHECK(did_you_mean("dta", words) == " (did you mean 'data'?)");
}

TEST_CASE("a list reads like a sentence", "[base]") {
    CHECK(listed({}).empty());
    CHECK(listed({"a"}) == "a");
    CHECK(listed({"a", "b", "c"}) == "a, b and c");
}
