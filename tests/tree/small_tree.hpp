#pragma once

#include "support/copying.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace rehome::tree_tests {

// Files, a link and a hard link in three directories.
inline void make_tree(const std::filesystem::path& root) {
    using support::write_file;
    write_file(root / "a/one", "1111");
    write_file(root / "a/two", "2222");
    write_file(root / "b/c/three", "3333");
    write_file(root / "b/c/four", support::text_of_size(10'000));
    std::filesystem::create_symlink("one", root / "a/link");
    std::filesystem::create_hard_link(root / "a/one", root / "b/one");
}

inline void check_equal(const support::Copying& copying) {
    CHECK(support::difference_of(copying.source, copying.destination).empty());
    CHECK(copying.compare(copying.destination, tree::Look::content).empty());
}

}  // namespace rehome::tree_tests
