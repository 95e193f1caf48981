#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rehome::base {

// A checksum that tells copies apart: XXH3 of 128 bits, 19 GB/s in memory, so that reading is what
// costs. It finds what disks, buses and programs do to bytes; it is no seal against an adversary,
// who could change the original as well.
struct Digest {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const Digest&) const = default;
};

// 32 hexadecimal digits.
std::string to_hex(const Digest& digest);

Digest digest_of(std::string_view bytes);

// The checksum of a file's content, given in pieces. Blocks of zeros are skipped, so that a hole
// and the zeros that are read from it give the same digest, and terabytes of holes cost nothing.
// The size is not part of it.
class ContentHasher {
public:
    // All pieces but the last end at a multiple of this.
    static constexpr std::size_t block = 4096;

    ContentHasher();
    ContentHasher(const ContentHasher&) = delete;
    ContentHasher& operator=(const ContentHasher&) = delete;
    ~ContentHasher();

    // The piece that begins at `offset`, a multiple of `block` behind all that was added before.
    void add(std::uint64_t offset, std::string_view bytes);

    // The digest of what was added; begins anew.
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
    std::uint64_t end_ = 0;  // of what was hashed
};

}  // namespace rehome::base
