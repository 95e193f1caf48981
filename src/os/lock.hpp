#pragma once

#include "os/directory.hpp"

#include <optional>

namespace rehome::os {

// An exclusive flock(2) that is held as long as the object lives. The lock belongs to the open
// file, so it goes with the process, however that ends.
class FileLock {
public:
    // Nothing if somebody else holds a lock on it.
    static std::optional<FileLock> try_lock(const Directory& directory);
    // Opens the file for reading and writing, creating it (0644, empty) as cargo does.
    static std::optional<FileLock> try_lock(const Location& file);
    // Makes nothing: throws Error(io) if the file is missing. Links followed; a file that we may
    // only read is locked all the same.
    static std::optional<FileLock> try_lock_existing(const Location& file);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor);
    static std::optional<FileLock> take(int descriptor, const std::filesystem::path& path);

    int descriptor_;
};

}  // namespace rehome::os
