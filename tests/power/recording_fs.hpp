#pragma once

#include "os/fs.hpp"
#include "power/change.hpp"
#include "power/disk.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rehome::power {

// A moment at which a power cut is worth a look: each later one before the next sync has the same
// states and more.
struct Cut {
    std::string before;           // the call that comes next
    std::vector<Change> changes;  // so far, with what is durable of them
};

// What a run does to the disk.
struct Recording {
    Disk start;  // with the inodes that were made later, as they were when they were made
    std::vector<Cut> cuts;
};

// The real Fs, except that nothing is synced: what a sync would have made durable is noted. Durable
// are, by POSIX, with the sync of a file its data and attributes, not its name; of a directory its
// entries and attributes, not what these lead to; of a filesystem all that is on it.
// Several threads may call it at once; all that it changes must lie below the roots.
class RecordingFs : public os::Fs {
public:
    explicit RecordingFs(const std::vector<std::filesystem::path>& roots);

    // Answers for exchange() as a filesystem does that cannot do it.
    void refuse_exchange() { exchange_refused_ = true; }

    // After the last call.
    [[nodiscard]] Recording finish();

    os::Made make_directory(const os::Location& at, std::uint32_t mode) override;
    os::Removed remove_directory(const os::Location& at) override;
    os::Made make_symlink(const os::Location& at, const std::string& text) override;
    os::Removed remove_file(const os::Location& at) override;
    os::Renamed make_hard_link(const os::Location& from, const os::Location& to) override;
    os::Renamed exchange(const os::Location& one, const os::Location& other) override;
    os::Renamed rename_new(const os::Location& from, const os::Location& to) override;
    void rename_over(const os::Location& from, const os::Location& to) override;
    void set_mode(const os::Location& at, std::uint32_t mode) override;
    void set_mtime(const os::Location& at, std::int64_t nanoseconds) override;
    void set_mtime(const os::Directory& directory, std::int64_t nanoseconds) override;
    os::Made make_private_directory(const os::Location& at) override;
    os::FileCopy copy_file(const os::Location& from, const os::Location& to,
                           os::CopyBuffer& buffer) override;
    os::FileCopy copy_link(const os::Location& from, const os::Location& to) override;
    os::FileCopy copy_attributes(const os::Directory& from, const os::Directory& to) override;
    os::AppendFile open_for_append(const os::Location& at, os::Open how) override;
    void append(os::AppendFile& file, std::string_view text) override;
    void truncate(os::AppendFile& file, std::uint64_t bytes) override;
    void sync(os::AppendFile& file) override;
    void sync_directories(const std::vector<os::Directory>& directories) override;
    void sync_file(const os::Location& at) override;
    void sync_filesystem(const os::Directory& directory) override;

private:
    using File = std::pair<std::uint64_t, std::uint64_t>;  // device and number

    [[nodiscard]] InodeId id_of(const os::FileInfo& info) const;
    [[nodiscard]] InodeId id_of(const os::Directory& directory) const;
    [[nodiscard]] InodeId id_of(const os::Location& at) const;
    [[nodiscard]] InodeId id_of(const os::AppendFile& file) const;

    // Notes the file that was made at that name, as it is now.
    InodeId add_made(std::string_view call, const os::Location& at);
    void add_removed(std::string_view call, const os::Location& at, const os::FileInfo& gone);
    void add_names(std::string_view call, const os::Location& at, std::vector<NameChange> all,
                   std::vector<NameChange> half = {});
    void add_attributes(std::string_view call, const std::filesystem::path& path, InodeId inode);
    [[nodiscard]] static NameChange name(InodeId directory, const std::string& name,
                                         std::optional<InodeId> inode);
    void forget(const os::FileInfo& gone);

    void cut(std::string_view call, const std::filesystem::path& path);
    void make_durable(InodeId inode);

    bool exchange_refused_ = false;
    std::mutex mutex_;  // over every changing call and what follows
    Disk disk_;
    std::map<File, InodeId> ids_;  // of the files that are there now
    std::vector<Change> changes_;
    std::vector<Cut> cuts_;
};

}  // namespace rehome::power
