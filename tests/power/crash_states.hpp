#pragma once

#include "power/disk.hpp"
#include "power/recording_fs.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace rehome::power {

// What may be on the disk after a power cut.
struct CrashState {
    Disk disk;
    bool has_half = false;  // an exchange of which only one half is there
    std::string story;      // what came next, and what became of each change that was not durable
};

// How many of the states are tried.
struct Effort {
    std::size_t most = 0;   // of the combinations of a cut: where it has more, see below
    std::size_t every = 1;  // of the states that differ, each so-many-th
    std::uint64_t seed = 1;
};

struct Survey {
    std::size_t cuts = 0;
    std::size_t whole = 0;   // of them, those of which every combination was taken
    std::size_t states = 0;  // that differ
    std::size_t tried = 0;

    Survey& operator+=(const Survey& more);

    // "31 cuts (28 of them whole), 1204 states, 602 tried"
    [[nodiscard]] std::string text() const;
};

// Calls `visit` with states that differ from all before. Of a cut that has more than `most`
// combinations come the prefixes, each change lost or kept alone or in part, and so many at random.
Survey for_each_crash_state(const Recording& recording, const Effort& effort,
                            const std::function<void(const CrashState&)>& visit);

}  // namespace rehome::power
