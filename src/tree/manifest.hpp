#pragma once

#include "base/digest.hpp"
#include "os/append_file.hpp"
#include "os/file_info.hpp"
#include "os/fs.hpp"
#include "os/random_file.hpp"
#include "os/read_fs.hpp"

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::tree {

// A name as it was copied: what the copy has to have, and what tells whether the original has been
// touched since.
struct ManifestEntry {
    std::string name;
    os::FileType type = os::FileType::other;
    std::uint32_t mode = 0;
    std::uint32_t user = 0;
    std::uint32_t group = 0;
    std::uint64_t size = 0;    // of a file
    std::int64_t mtime = 0;    // ns
    std::int64_t ctime = 0;    // ns, of the original; 0: it was being changed, so never take it for
                               // unchanged
    std::uint64_t device = 0;  // of the original; it changes with a reboot
    std::uint64_t inode = 0;   // of the original
    bool several_names = false;    // the original is one file with others in the tree
    base::Digest content;          // of a file, of a link's text, of a directory's record
    std::uint64_t attributes = 0;  // checksum of the extended attributes
    std::uint64_t record = 0;      // of a directory: where its entries are
};

// The entry of that name among some that are sorted by name; null if there is none.
const ManifestEntry* find(const std::vector<ManifestEntry>& entries, const std::string& name);

struct ManifestTotals {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;

    bool operator==(const ManifestTotals&) const = default;
};

// Writes the manifest of one tree while the tree is copied, so that memory does not grow with it:
// a record for each directory, after those of its subdirectories, and the root's entry at the end.
// Each record carries its checksum, and the one of a directory covers all below it. Thread-safe.
class ManifestWriter {
public:
    // Makes the file, or replaces what is there. Throws Error(io).
    ManifestWriter(os::Fs& fs, const os::Location& file);

    // Sorts the entries by name and sets `content` and `record` of the directory's own entry.
    void add_directory(ManifestEntry& directory, std::vector<ManifestEntry>& entries);

    // The end. The file is complete after this, and on the disk.
    void finish(const ManifestEntry& root, const ManifestTotals& totals);

private:
    std::uint64_t add_record(std::string_view payload);
    void flush();

    os::Fs& fs_;
    os::AppendFile file_;
    std::mutex mutex_;
    std::string buffer_;
    std::uint64_t written_ = 0;  // without the buffer
};

// A manifest that was finished. Reads one directory at a time. Thread-safe.
class Manifest {
public:
    // Nothing if the file is missing or was never finished. Throws Error(attention) where it is
    // damaged, here and in entries().
    static std::optional<Manifest> open(const std::filesystem::path& file);

    [[nodiscard]] const ManifestEntry& root() const { return root_; }

    [[nodiscard]] const ManifestTotals& totals() const { return totals_; }

    // What is directly in the directory, sorted by name.
    [[nodiscard]] std::vector<ManifestEntry> entries(const ManifestEntry& directory) const;

private:
    explicit Manifest(os::RandomFile file) : file_(std::move(file)) {}

    [[nodiscard]] std::string payload(std::uint64_t record) const;

    os::RandomFile file_;
    ManifestEntry root_;
    ManifestTotals totals_;
};

}  // namespace rehome::tree
