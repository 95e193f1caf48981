#pragma once

#include "tree/progress.hpp"

#include <cstdint>
#include <mutex>
#include <string>

namespace rehome::apply {

// What a transaction is at, for a status line in another thread. Thread-safe.
class Progress {
public:
    struct State {
        std::string verb;  // "Copying"; "" while nothing takes long
        std::string item;
        std::uint64_t files = 0;
        std::uint64_t bytes = 0;
        std::uint64_t all_files = 0;  // 0: not known
        std::uint64_t all_bytes = 0;
        std::size_t number = 0;  // of the item, from 1
        std::size_t items = 0;   // that take as long
    };

    // A new stretch of work; its counters begin at 0.
    void begin(State state);

    // Nothing that takes long.
    void end() { begin({}); }

    [[nodiscard]] State state() const;

    // What the walks count into.
    [[nodiscard]] tree::Progress* counters() { return &done_; }

private:
    mutable std::mutex mutex_;
    State state_;
    tree::Progress done_;
};

}  // namespace rehome::apply
