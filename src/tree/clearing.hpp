#pragma once

#include "os/fs.hpp"
#include "tree/manifest.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

namespace rehome::tree {

// What a destination was before somebody wrote into it behind our back: what no manifest knows of
// it is kept.
struct Keep {
    const Manifest& manifest;        // the destination is the original that it describes
    const Manifest* ours = nullptr;  // of what an earlier run has put there; may be null
    std::string suffix = {};  // of the name that a file gets which is kept beside its successor
    // Where something was kept. Called from one thread at a time.
    std::function<void(const std::filesystem::path&)> tell = {};
};

// What the manifests of Keep call a name; null where one does not know it.
struct Recorded {
    const ManifestEntry* kept = nullptr;
    const ManifestEntry* ours = nullptr;

    [[nodiscard]] bool none() const { return kept == nullptr && ours == nullptr; }
};

// Makes room at a destination. Thread-safe.
class Clearing {
public:
    // `keep` is null for a destination that is nobody's original.
    Clearing(os::Fs& fs, const Keep* keep) : fs_(fs), keep_(keep) {}

    // Removes what is at the place. What is not as it was recorded was written late: it is renamed
    // instead, and told. False if nothing was there.
    bool clear(const os::Location& at, const Recorded& recorded);

private:
    [[nodiscard]] bool is_same(const os::Location& one, const os::Location& other) const;
    [[nodiscard]] bool is_as_recorded(const os::Location& at, const Recorded& recorded,
                                      const os::FileInfo& info) const;
    [[nodiscard]] bool is_as_kept(const os::Location& at, const ManifestEntry& kept,
                                  const os::FileInfo& info) const;
    [[nodiscard]] bool is_our_copy(const os::Location& at, const ManifestEntry& ours) const;

    os::Fs& fs_;
    const Keep* keep_;
    std::mutex mutex_;  // over the telling
};

}  // namespace rehome::tree
