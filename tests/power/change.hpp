#pragma once

#include "os/file_info.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rehome::power {

// Inodes are numbered in the order in which they were seen or made.
using InodeId = std::size_t;

struct Inode {
    os::FileType type = os::FileType::other;
    std::uint32_t mode = 0;
    std::string content = {};  // of a file; the text of a link
    std::map<std::string, InodeId> entries = {};
    std::optional<std::int64_t> mtime = {};  // ns; nothing: when it was last written to
    std::uint64_t device = 0;                // these are of the file that was seen
    std::uint64_t number = 0;
    std::int64_t birth = 0;
};

// One name in a directory. It means `inode` from then on; nothing: the name is free.
struct NameChange {
    InodeId directory = 0;
    std::string name;
    std::optional<InodeId> inode;
    bool is_durable = false;
};

// All of these or none, as every filesystem with a metadata journal does it, and btrfs with one
// exception: of an exchange with a link only the other thing may have moved (PROTOCOL 5).
struct Names {
    std::vector<NameChange> all;
    std::vector<NameChange> half;  // empty where there is no such state
};

struct Data {
    InodeId file = 0;
    std::uint64_t offset = 0;
    std::string text;
};

struct Size {
    InodeId file = 0;
    std::uint64_t bytes = 0;
};

struct Mode {
    InodeId inode = 0;
    std::uint32_t mode = 0;
};

struct Time {
    InodeId inode = 0;
    std::int64_t mtime = 0;
};

// What a call changes that a power cut can take back by itself.
struct Change {
    std::string call;  // in words: "exchange /home/ada/.cargo/registry"
    std::variant<Names, Data, Size, Mode, Time> what;
    bool is_durable = false;
};

// What became of a change.
enum class Fate : std::uint8_t {
    lost,
    kept,
    half,    // Names: as above. Data: only the first half of the bytes
    zeros,   // Data: the size has grown, the bytes were not written
    behind,  // Data: only the second half of the bytes, and zeros before it
};

// Those that a power cut at this moment leaves possible for the change by itself.
std::vector<Fate> fates_of(const Change& change);

// The inode whose data or attributes change; nothing for Names.
std::optional<InodeId> inode_of(const Change& change);

// Changes the inodes by what the fate leaves of the change; they hold its inodes already.
void carry_out(const Change& change, Fate fate, std::vector<Inode>& inodes);

}  // namespace rehome::power
