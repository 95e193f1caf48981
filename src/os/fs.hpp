#pragma once

#include "os/append_file.hpp"
#include "os/file_copy.hpp"
#include "os/read_fs.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::os {

enum class Made { done, exists };

enum class Removed { done, missing, not_empty };

enum class Renamed {
    done,
    missing,       // one of the names is not there
    exists,        // the new name is taken, and nothing was replaced
    cross_device,  // another filesystem or mount (EXDEV)
    unsupported,   // this filesystem cannot do this kind of rename or link
};

enum class Open { existing, create_new };

// Changes the system: only what can undo its changes is given one (apply, journal, start-up files).
// Every call that may change the disk is one virtual function, so that a test can fail or stop at
// each. What the caller branches on is the returned value; every other failure throws Error(io),
// and then the call has changed nothing.
class Fs : public ReadFs {
public:
    // The mode is taken as it is but for the umask.
    virtual Made make_directory(const Location& at, std::uint32_t mode);
    virtual Removed remove_directory(const Location& at);
    virtual Made make_symlink(const Location& at, const std::string& text);
    // Files and links, never directories.
    virtual Removed remove_file(const Location& at);
    // A second name for a file; a link is linked itself, not followed.
    [[nodiscard]] virtual Renamed make_hard_link(const Location& from, const Location& to);

    // Swaps the two names in one atomic step (renameat2 RENAME_EXCHANGE).
    [[nodiscard]] virtual Renamed exchange(const Location& one, const Location& other);
    // Never replaces (RENAME_NOREPLACE; where that is refused: a look, then the rename).
    [[nodiscard]] virtual Renamed rename_new(const Location& from, const Location& to);
    // Replaces a file or link at the new name in one atomic step.
    virtual void rename_over(const Location& from, const Location& to);

    // Links not followed.
    virtual void set_mode(const Location& at, std::uint32_t mode);
    virtual void set_mtime(const Location& at, std::int64_t nanoseconds);
    virtual void set_mtime(const Directory& directory, std::int64_t nanoseconds);

    // Makes a directory that nobody else may enter (0700), whatever its parent would have it
    // inherit.
    virtual Made make_private_directory(const Location& at);
    // Copies a regular file: content, owner, extended attributes, mode and mtime. It is created for
    // the owner alone (0600) and gets what opens it last. What was begun is removed again when this
    // throws. Links are not followed. `Unsteady`: the copy is there, and has to be made again.
    virtual FileCopy copy_file(const Location& from, const Location& to, CopyBuffer& buffer);
    // Copies a symbolic link as it is, with owner, attributes and mtime. `digest` is of its text.
    virtual FileCopy copy_link(const Location& from, const Location& to);
    // Gives the directory `to` what the directory `from` has and nothing else: owner, extended
    // attributes, mode and mtime. Returns what it gave.
    virtual FileCopy copy_attributes(const Directory& from, const Directory& to);

    // Mode 0600. create_new throws where the name is taken.
    virtual AppendFile open_for_append(const Location& at, Open how);
    // Writes all of the text at the end.
    virtual void append(AppendFile& file, std::string_view text);
    virtual void truncate(AppendFile& file, std::uint64_t bytes);
    // Keeps room for so many bytes without changing the size; does nothing where it is unsupported.
    virtual void reserve(AppendFile& file, std::uint64_t bytes);
    virtual void sync(AppendFile& file);

    // The entries of each directory are on the disk when it returns. They are synced side by side,
    // so that the disk can flush for all of them at once.
    virtual void sync_directories(const std::vector<Directory>& directories);
    // The file's content is on the disk when it returns.
    virtual void sync_file(const Location& at);
    // All of the directory's filesystem is on the disk when it returns, where syncs_at_once().
    virtual void sync_filesystem(const Directory& directory);
};

}  // namespace rehome::os
