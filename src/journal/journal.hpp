#pragma once

#include "journal/record.hpp"
#include "os/fs.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::journal {

// How far a transaction has come, by its last record.
enum class Stage { begun, committed, rolling_back, rolled_back, closed };

// What a journal says.
struct Journal {
    std::filesystem::path path;
    Begin begin;
    Stage stage = Stage::begun;
    bool was_committed = false;      // every item was at its target once
    bool is_replacing = false;       // begun, and past the point from which it can only be finished
    bool is_settled = false;         // what becomes of the originals of the copies is decided
    bool has_left = false;           // committed, and nothing is at the former targets any more
    std::vector<CopyRecord> copies;  // of each copied item the last that was recorded
    std::string boot;                // in which that was
    std::vector<SetAside> aside;
    std::vector<PathTime> times;  // of the last record that has them
    std::uint64_t bytes = 0;      // up to the end of the last whole record

    // begun, rolling_back or rolled_back: somebody has to go on.
    [[nodiscard]] bool is_unfinished() const;

    // committed, but killed before it was decided what becomes of the originals of its copies.
    [[nodiscard]] bool has_unsettled_originals() const {
        return stage == Stage::committed && !is_settled && !copies.empty();
    }

    // committed, but killed while links were at the former targets of items that have moved on.
    [[nodiscard]] bool has_links_left() const;

    // committed: its items are at their targets.
    [[nodiscard]] bool is_in_force() const { return stage == Stage::committed; }
};

// Reads the text of a journal. A torn or bad last record is the end; a torn Begin means that
// nothing happened (nothing is returned). Damage before another whole record throws
// Error(attention) with the byte offset, a newer format throws Error(attention).
std::optional<Journal> parse_journal(const std::string& text, const std::filesystem::path& path);

// Changes the switches of those items: from a former target that is gone to their homes.
void send_home(plan::Plan& plan, const std::vector<StraightHome>& straight);

// Appends records to the journal of one transaction. Each is on the disk when append() returns.
// After a sync has failed, nothing is written any more: what is on the disk is then unknown, and a
// second sync would only seem to succeed (PROTOCOL 14c).
class Writer {
public:
    // Takes a new, empty journal file and reserves room in it, so that a way back on a full disk
    // can be recorded.
    static Writer create(os::Fs& fs, const os::Location& file);
    // Opens an existing one for more records and cuts off what is torn at its end.
    static Writer open(os::Fs& fs, const Journal& journal);

    void append(const Record& record);

    // Whether a sync has failed.
    [[nodiscard]] bool is_unknown() const { return unknown_; }

    [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

private:
    Writer(os::Fs& fs, os::AppendFile file, std::uint64_t bytes);

    os::Fs* fs_;
    os::AppendFile file_;
    std::uint64_t bytes_;  // of whole records
    bool unknown_ = false;
};

}  // namespace rehome::journal
