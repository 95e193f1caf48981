#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace rehome::os {

// A process that has something at or below a tree: a descriptor, its working or root directory, a
// mapping (its own program too), or, in another mount namespace, a mount.
struct TreeUser {
    int id = 0;
    std::string name;            // of its executable's file
    std::size_t tree = 0;        // the index of the tree
    bool writes = false;         // has a file open for writing, mapped shared and writable, or its
                                 // namespace has mounted a part of the tree without "ro"
    std::filesystem::path what;  // the first that was found, one that writes before others; as the
                                 // process's namespace names it

    bool operator==(const TreeUser&) const = default;
};

// Who uses the trees, each a directory or a file by its resolved path: at most one entry for each
// process and tree, never this process (a shell that stands there and calls us is a user). A mount
// is told of one process of its namespace. For processes of others that we may not look into, only
// mounts are found. Not seen: what a thread alone has (unshare(2)), mounts in our own namespace
// that nobody stands in, and what the kernel itself holds (loop devices, swap). Changes nothing and
// never throws for what it meets; empty without /proc.
//
// Linux names what a process holds by where that is now: for a tree that was renamed, pass its new
// path.
std::vector<TreeUser> users_of(const std::vector<std::filesystem::path>& trees);

}  // namespace rehome::os
