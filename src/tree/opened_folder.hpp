#pragma once

#include "os/read_fs.hpp"
#include "tree/walk.hpp"

#include <memory>
#include <string>
#include <utility>

namespace rehome::tree {

// A directory of a walk that is open, but for the time that it rests. All folders of the walk are
// of this kind.
struct OpenedFolder : Folder {
    OpenedFolder(std::shared_ptr<Folder> outer, std::string own_name, os::Directory opened)
        : Folder(std::move(outer), std::move(own_name)), directory(std::move(opened)) {}

    // Closes it.
    void rest(const os::ReadFs& fs);
    // Opens it again. Throws Error(io) if another one is in its place by now.
    void wake(const os::ReadFs& fs);

    os::Directory directory;
    os::FileInfo known{};  // while it rests
};

}  // namespace rehome::tree
