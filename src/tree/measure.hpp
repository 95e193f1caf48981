#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rehome::tree {

// What lies in a tree, its root included. A file with several names counts once over all trees that
// are measured together, as with du.
struct TreeSize {
    std::uint64_t bytes = 0;       // as files tell their length
    std::uint64_t disk_bytes = 0;  // as they take room on the disk
    std::uint64_t files = 0;       // everything but directories
    std::uint64_t directories = 0;
    std::uint64_t unreadable = 0;  // directories that could not be opened: the sums are too small

    TreeSize& operator+=(const TreeSize& other);

    bool operator==(const TreeSize&) const = default;
};

// Measures the trees with so many threads, each result at its root's place. Links are not followed,
// other filesystems are not entered; what vanishes meanwhile is passed over. Memory does not grow
// with the number of files, but for files with several names and for the subdirectories of the
// directories on the current path. Never throws for what it meets in the trees.
std::vector<TreeSize> measure(const std::vector<std::filesystem::path>& roots, unsigned threads);

}  // namespace rehome::tree
