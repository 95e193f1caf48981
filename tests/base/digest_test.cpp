#include "base/digest.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace rehome::base;

namespace {

constexpr std::size_t block = ContentHasher::block;

Digest content(std::string_view bytes, std::size_t piece) {
    ContentHasher hasher;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        hasher.add(at, bytes.substr(at, piece));
    }
    return hasher.finish();
}

std::string blocks(std::size_t count) {
    std::string text;
    for (std::size_t number = 0; number < count; ++number) {
        text += std::string(block, static_cast<char>('a' + number % 26));
    }
    return text;
}

}  // namespace

TEST_CASE("a digest is XXH3 of 128 bits, in hexadecimal digits", "[base]") {
    CHECK(to_hex(digest_of("")) == "99aa06d3014798d86001c324468d497f");
    CHECK(to_hex({.low = 1, .high = 2}) == "00000000000000020000000000000001");
    CHECK_FALSE(digest_of("a") == digest_of("b"));
}

TEST_CASE("the pieces in which a content is given do not matter", "[base]") {
    const std::string bytes = blocks(9) + "the end";
    const Digest whole = content(bytes, bytes.size());
    CHECK(whole == digest_of(bytes));
    for (const std::size_t piece : {block, 2 * block, 5 * block, 100 * block}) {
        CHECK(content(bytes, piece) == whole);
    }
}

TEST_CASE("zeros and a hole are the same content", "[base]") {
    const std::string zeros(3 * block, '\0');
    const std::string data = blocks(2);
    ContentHasher hasher;
    hasher.add(3 * block, data);
    const Digest with_hole = hasher.finish();
    CHECK(content(zeros + data, block) == with_hole);
    CHECK(content(zeros + data + zeros + "", 4 * block) == with_hole);
    CHECK(content(zeros + data + std::string(7, '\0'), block) == with_hole);

    hasher.add(0, data);
    hasher.add(1024 * block, data);
    CHECK(content(data + std::string(1022 * block, '\0') + data, 16 * block) == hasher.finish());
}

TEST_CASE("a content that has moved is another", "[base]") {
    const std::string zeros(block, '\0');
    const std::string data = blocks(1);
    const Digest first = content(data + zeros + zeros, block);
    CHECK_FALSE(content(zeros + data + zeros, block) == first);
    CHECK_FALSE(content(zeros + zeros + data, block) == first);
    CHECK_FALSE(content(data + data + zeros, block) == first);
    CHECK_FALSE(content(blocks(2), block) == content(blocks(2).substr(block) + blocks(1), block));
}

TEST_CASE("each single byte of a content counts", "[base]") {
    std::string bytes = blocks(3) + std::string(block, '\0') + blocks(1) + "tail";
    const Digest whole = content(bytes, block);
    for (std::size_t at = 0; at < bytes.size(); at += 97) {
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        CHECK_FALSE(content(bytes, block) == whole);
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
    }
    bytes.back() = 'L';
    CHECK_FALSE(content(bytes, block) == whole);
}

TEST_CASE("a hasher begins anew after each content", "[base]") {
    ContentHasher hasher;
    const Digest empty = hasher.finish();
    CHECK(empty == digest_of(""));
    hasher.add(7 * block, blocks(2));
    CHECK_FALSE(hasher.finish() == empty);
    hasher.add(0, blocks(2));
    CHECK(hasher.finish() == digest_of(blocks(2)));
    CHECK(hasher.finish() == empty);
}
