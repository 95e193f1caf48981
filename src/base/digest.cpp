#include "base/digest.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace rehome::base {

namespace {

Digest from(const XXH128_hash_t& hash) {
    return {hash.low64, hash.high64};
}

bool is_zero(const char* bytes, std::size_t size) {
    return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0;
}

}  // namespace

struct ContentHasher::State {
    XXH3_state_t hash;
};

std::string to_hex(const Digest& digest) {
    return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

Digest digest_of(std::string_view bytes) {
    return from(XXH3_128bits(bytes.data(), bytes.size()));
}

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {
    XXH3_128bits_reset(&state_->hash);
}

ContentHasher::~ContentHasher() = default;

void ContentHasher::add(std::uint64_t offset, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t run = at;
        while (run < bytes.size() &&
               !is_zero(bytes.data() + run, std::min(block, bytes.size() - run))) {
            run += std::min(block, bytes.size() - run);
        }
        if (run > at) {
            const std::uint64_t start = offset + at;
            if (start != end_) {
                XXH3_128bits_update(&state_->hash, &start, sizeof start);
            }
            XXH3_128bits_update(&state_->hash, bytes.data() + at, run - at);
            end_ = offset + run;
        }
        at = run + std::min(block, bytes.size() - run);
    }
}

Digest ContentHasher::finish() {
    const Digest digest = from(XXH3_128bits_digest(&state_->hash));
    XXH3_128bits_reset(&state_->hash);
    end_ = 0;
    return digest;
}

}  // namespace rehome::base
