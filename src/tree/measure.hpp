#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
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

// What decides whether and where a tree can be copied.
struct TreeTraits {
    std::uint64_t room = 0;     // that a copy takes in blocks of 4 KiB; holes stay holes
    std::uint64_t entries = 0;  // that a copy has: a file with several names counts as one
    std::string longest_name;
    std::filesystem::path special;     // one that is a socket, a device or a pipe; or empty
    std::filesystem::path unreadable;  // one that the caller may not read; or empty
    std::filesystem::path alike;       // one with a neighbour that differs only in case; or empty

    TreeTraits& operator+=(const TreeTraits& other);

    bool operator==(const TreeTraits&) const = default;
};

// Files with names in two trees, or in one of them and outside of all. The paths are an example;
// empty where there are too many to remember.
struct SharedFiles {
    std::size_t one = 0;               // index of the root
    std::optional<std::size_t> other;  // nothing: outside
    std::uint64_t files = 0;
    std::uint64_t room = 0;  // of all of them
    std::filesystem::path name;
    std::filesystem::path other_name;

    bool operator==(const SharedFiles&) const = default;
};

// Whether names that differ only in case are looked for.
enum class Case { told_apart, ignored };

struct Root {
    std::filesystem::path path;
    Case letters = Case::told_apart;
    std::vector<std::string> left_out = {};  // paths inside, which are not entered
};

struct Tree {
    TreeSize size;
    TreeTraits traits;
};

struct Survey {
    std::vector<Tree> trees;  // each at its root's place
    std::vector<SharedFiles> shared;
};

// Measures the trees with so many threads. Links are not followed, other mounts are not entered;
// what vanishes meanwhile is passed over. Memory does not grow with the number of files, but for
// files of which not all names were met and for the subdirectories of the directories on the
// current path. Never throws for what it meets in the trees.
Survey survey(const std::vector<Root>& roots, unsigned threads);

// The sizes alone.
std::vector<TreeSize> measure(const std::vector<std::filesystem::path>& roots, unsigned threads);

}  // namespace rehome::tree
