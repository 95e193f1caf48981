#pragma once

#include "os/file_info.hpp"
#include "os/read_fs.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rehome::tree {

// A directory that a walk is in. A task derives from it what it keeps for a directory; it lives
// until everything below it is done.
struct Folder {
    // Of a root the name does not matter: its path is "".
    explicit Folder(std::shared_ptr<Folder> outer, std::string own_name = {});
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    virtual ~Folder() = default;

    // Below the root.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] std::string path_of(const std::string& entry) const;

    // Deep folders rest while no worker is at them (Task::rest), but for some anchors.
    [[nodiscard]] bool may_rest() const;
    // The nearest folder above that never rests.
    [[nodiscard]] Folder& anchor() const;
    [[nodiscard]] std::string path_below(const Folder& outer) const;

    std::shared_ptr<Folder> parent;  // null for the root
    std::string name;
    std::size_t depth;  // 0 for the root

    // For the walk alone.
    std::atomic<std::uint64_t> open = 1;  // shares of its entries in hand, and subfolders
    std::mutex hold_mutex;
    unsigned holds = 0;  // workers that are at it
    bool rests = false;
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

    // Far down, a folder is put to rest as long as all workers are above or below it, so that a
    // walk does not run out of descriptors: the task closes those of the folder, and opens them
    // again, below its anchor, when it wakes it. What is called for a folder finds it and its
    // parent awake, but for `enter` the parent may rest.
    virtual void rest(Folder&) {}

    virtual void wake(Folder&) {}
};

// Walks all roots side by side with so many threads, depth first; memory grows with the depth and
// with the width of a directory, not with the number of files. An exception in the task, or an
// interrupt (Error(interrupted)), ends the walk: the other threads stop at their next entry, and
// the first exception is thrown again. Folders are then not left. Where the system gives fewer
// threads, those that there are do it.
void walk(Task& task, std::vector<std::shared_ptr<Folder>> roots, unsigned workers);

}  // namespace rehome::tree
