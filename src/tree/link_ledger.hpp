#pragma once

#include "tree/measure.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace rehome::tree {

// Keeps account of files with several names: which was met before, and whose names lie in several
// trees or outside of all. A file is forgotten once all its names were met. Thread-safe.
class LinkLedger {
public:
    // One name of a file.
    struct Name {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::uint64_t links = 0;  // how many names it has
        std::uint64_t room = 0;
        std::size_t root = 0;
    };

    enum class Met { first, again, first_in_this_tree };

    // `path` is asked only where it may be told to somebody.
    Met meet(const Name& name, const std::function<std::filesystem::path()>& path);

    // What is shared between trees, and what has names that were not met.
    [[nodiscard]] std::vector<SharedFiles> shared() const;

private:
    using Key = std::pair<std::uint64_t, std::uint64_t>;

    struct Entry {
        std::uint32_t root = 0;
        std::uint32_t missing = 0;  // names that were not met yet
        std::uint64_t room = 0;
    };

    mutable std::mutex mutex_;
    std::map<Key, Entry> entries_;
    std::map<Key, std::filesystem::path> paths_;  // of some entries: memory is bounded
    std::set<std::pair<Key, std::size_t>> elsewhere_;
    std::map<std::pair<std::size_t, std::size_t>, SharedFiles> parts_;
};

}  // namespace rehome::tree
