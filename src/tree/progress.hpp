#pragma once

#include <atomic>
#include <cstdint>

namespace rehome::tree {

// How far a walk has come; read by whoever shows it.
struct Progress {
    std::atomic<std::uint64_t> files = 0;  // everything but directories
    std::atomic<std::uint64_t> bytes = 0;
};

}  // namespace rehome::tree
