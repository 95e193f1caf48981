#pragma once

#include "base/digest.hpp"
#include "os/read_fs.hpp"
#include "plan/plan.hpp"
#include "tree/manifest.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rehome::journal {

// The journal's format. One record a line: the CRC-32 of the JSON (8 hexadecimal digits), a space,
// the JSON. The first record is Begin and carries this number. 1 had no copies, 2 no repairs,
// 3 nothing that moves on from a target; all are still read.
// Members that a reader does not know are no reason to refuse a record.
inline constexpr int format = 4;

// forward: the plan is to be applied. back: it describes compat links that were found without a
// journal, and is only ever undone.
enum class Direction { forward, back };

// What a directory's or file's mtime was, in ns; set again after the last exchange, in both
// directions.
struct PathTime {
    std::filesystem::path path;  // of an item its old path
    std::int64_t mtime = 0;

    bool operator==(const PathTime&) const = default;
};

// The intent of every step: recovery reads what happened from the two places of each item.
struct Begin {
    int format = journal::format;
    std::string id;
    std::int64_t time = 0;  // seconds since 1970, for people
    Direction direction = Direction::forward;
    plan::Plan plan;
    std::vector<PathTime> times;  // of the items and the directories they leave
};

// A copy: by what its filesystem and its root are known again, and what it holds.
struct CopyRecord {
    std::string item;
    os::FilesystemId filesystem;
    std::uint64_t inode = 0;
    std::int64_t birth = 0;  // ns, 0 where the filesystem does not keep it
    tree::ManifestTotals totals;
    base::Digest tree;  // over all names, attributes and contents

    bool operator==(const CopyRecord&) const = default;
};

// The copies are whole, beside their targets; from here on they get their names. `times` are those
// of Begin as they are now, under all locks.
struct Staged {
    std::string boot;  // the boot id, by which what this run has proven is told from hearsay
    std::vector<CopyRecord> copies;
    std::vector<PathTime> times;
};

// They are at their targets, on the disk, and were read back as the plan asks (Verify).
struct Copied {
    std::string boot;
    std::vector<CopyRecord> copies;
};

// From here on the way leads forward only: originals that cannot be exchanged are deleted.
struct Replacing {};

// same, changed, failed: the answer afterwards to a question that was answered before. unanswered:
// there was none before. incomparable: what it is made from has changed as well, it came late, or
// it is another one each time.
enum class Verdict { same, changed, failed, unanswered, incomparable };

// What cargo and rustup answered before and after a switch: digests, never the answers themselves.
struct AnswerRecord {
    std::string question;  // "rustup toolchain list"
    Verdict verdict = Verdict::incomparable;
    std::string before = {};  // hexadecimal digits; "" where there is no answer to compare
    std::string after = {};

    bool operator==(const AnswerRecord&) const = default;
};

// Every item is at its target; what the transaction promises is on the disk.
struct Committed {
    std::vector<AnswerRecord> answers = {};  // missing where nothing was asked
};

// What became of the originals of the copies after Committed: those not named here are deleted.
struct Settled {
    std::vector<std::string> kept;  // items
};

// The links at the former targets of items that have moved on are removed, after Committed.
struct Left {};

// An item that does not go back to its former target, whose filesystem is gone, but to its home.
struct StraightHome {
    std::string item;
    plan::Way way = plan::Way::copy;
};

// From here on the way is back, whoever goes on.
struct RollbackBegin {
    std::vector<PathTime> times;              // as they are now: what was done since is kept
    std::vector<StraightHome> straight = {};  // the plan's switches of these change with it
};

// Before the thing at a target is renamed out of the way, because the old path holds another.
struct SetAside {
    std::string item;
    std::string path;
};

// Every item is at its old path, on the disk; links that are left over may still lie at the
// targets.
struct RolledBack {};

// Nothing of the transaction is left but this journal.
struct Closed {
    std::vector<AnswerRecord> answers = {};  // of an apply that failed, those by which it did
};

using Record = std::variant<Begin, Staged, Copied, Replacing, Committed, Settled, Left,
                            RollbackBegin, SetAside, RolledBack, Closed>;

// With its newline.
std::string to_line(const Record& record);

// Nothing if the line (without its newline) is torn: no JSON, a wrong CRC. Throws Error(attention)
// for a record of a newer format or of an unknown kind: those are whole, but not ours to read.
std::optional<Record> parse_line(std::string_view line, const std::string& journal);

}  // namespace rehome::journal
