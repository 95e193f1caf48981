#pragma once

#include "os/file_info.hpp"
#include "os/read_fs.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rehome::tree {

// A directory that a walk is in. A task derives from it what it keeps for a directory; it lives
// until everything below it is done.
struct Folder {
    explicit Folder(std::shared_ptr<Folder> outer) : parent(std::move(outer)) {}

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    virtual ~Folder() = default;

    std::shared_ptr<Folder> parent;       // null for the root
    std::atomic<std::uint64_t> open = 1;  // shares of its entries in hand, and subfolders
};

// What is done in a walk. All of it is called from several threads at once, for a folder from
// whichever has a share of its entries; `worker` counts them from 0.
class Task {
public:
    Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    virtual ~Task() = default;

    // Once for each folder, before its entries: those to visit, last one first.
    virtual std::vector<os::Entry> enter(Folder& folder, unsigned worker) = 0;
    // Does what is to do for the entry. Returns the folder to go into, or null.
    virtual std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder,
                                          const os::Entry& entry, unsigned worker) = 0;
    // Once for each folder, when everything in it is done.
    virtual void leave(Folder& folder, unsigned worker) = 0;
};

// Walks all roots side by side with so many threads, depth first; memory grows with the depth and
// with the width of a directory, not with the number of files. An exception in the task, or an
// interrupt (Error(interrupted)), ends the walk: the other threads stop at their next entry, and
// the first exception is thrown again. Folders are then not left.
void walk(Task& task, std::vector<std::shared_ptr<Folder>> roots, unsigned workers);

}  // namespace rehome::tree
