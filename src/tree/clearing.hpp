#pragma once

#include "os/fs.hpp"
#include "tree/manifest.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

namespace rehome::tree {

// What a destination was before somebody wrote into it behind our back: what the manifest does not
// know of it is kept.
struct Keep {
    const Manifest& manifest;  // the destination is the original that it describes
    std::string suffix;        // of the name that a file gets which is kept beside its successor
    // Where something was kept. Called from one thread at a time.
    std::function<void(const std::filesystem::path&)> tell;
};

// Makes room at a destination. Thread-safe.
class Clearing {
public:
    // `keep` is null for a destination that is nobody's original.
    Clearing(os::Fs& fs, const Keep* keep) : fs_(fs), keep_(keep) {}

    // Removes what is at the place, which the manifest of Keep calls `kept` (null: it does not know
    // it). What was written late there is renamed instead, and told. False if nothing was there.
    bool clear(const os::Location& at, const ManifestEntry* kept);

private:
    [[nodiscard]] bool is_same(const os::Location& one, const os::Location& other) const;
    [[nodiscard]] bool is_as_recorded(const os::Location& at, const ManifestEntry* kept,
                                      const os::FileInfo& info) const;

    os::Fs& fs_;
    const Keep* keep_;
    std::mutex mutex_;  // over the telling
};

}  // namespace rehome::tree
