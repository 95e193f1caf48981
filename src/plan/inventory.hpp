#pragma once

#include "layout/layout.hpp"
#include "os/file_info.hpp"
#include "os/mounts.hpp"
#include "os/read_fs.hpp"
#include "plan/legacy_home.hpp"
#include "plan/placement.hpp"
#include "plan/step.hpp"
#include "rust/running_tools.hpp"
#include "rust/version.hpp"
#include "tree/measure.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rehome::plan {

// A directory on the way to a place: who could swap what lies below it.
struct Ancestor {
    std::filesystem::path path;
    std::uint32_t user = 0;
    std::uint32_t mode = 0;
    bool private_group = false;  // its group has no member but the caller
};

// A directory in which names are or will be made, and the one that exists nearest to it.
struct Site {
    std::filesystem::path path;      // as named
    std::filesystem::path existing;  // the same or an ancestor
    std::filesystem::path real;      // `existing` with all links resolved
    os::FileInfo info;               // of `existing`
    bool is_directory = true;        // of `existing`
    bool writable = true;
    os::Capacity capacity;
    bool ignores_case = false;
    os::Mount mount;
    std::vector<Ancestor> ancestors;  // of `real`, itself included, from the root down
};

// A link at depth one of bin or toolchains.
struct InnerLink {
    std::filesystem::path path;
    std::string text;
    std::filesystem::path leads_to;  // absolute, by the text alone
};

// A part of an item that cargo makes again from another item, which is there too.
struct Recreatable {
    std::string path;  // inside the item; "." is the item itself
    std::string item;
    std::string from;  // the other item
};

// Files that two items share by hard links, or one with something outside of all that was walked.
struct SharedNames {
    std::string item;
    std::string other;  // "": outside
    std::uint64_t files = 0;
    std::uint64_t room = 0;      // of all of them
    std::filesystem::path name;  // of one of them, as an example; both may be unknown
    std::filesystem::path other_name;
};

// What stands at a target.
enum class AtTarget { nothing, empty_directory, something };

struct Item {
    Placement placement;
    std::filesystem::path path;  // where it lies now
    // Of one that moves on from where an earlier transaction has moved it: the link to there.
    std::filesystem::path compat_link;
    os::FileInfo info;
    os::FileInfo parent;         // of the directory that it lies in
    bool lower_layer = false;    // of an overlay, or nobody can tell: it cannot be renamed
    std::string link_text;       // of a link
    std::filesystem::path real;  // `path` with the links to it resolved, of one that moves
    AtTarget at_target = AtTarget::nothing;
    std::optional<EmptyDirectory> empty_directory;
    bool writable_for_owner = true;  // of a directory: changing its ".." needs that
    std::vector<InnerLink> inner_links;
    std::vector<Recreatable> recreatable;
    std::optional<tree::TreeSize> size;
    std::optional<tree::TreeSize> dropped;   // the part of it that is not copied
    std::optional<tree::TreeTraits> traits;  // of the rest
};

// A program in cargo's bin and the name it has, or has not, in the directory of links; or a link of
// ours there that leads nowhere.
struct ProgramLink {
    enum class State { missing, ours, stale, foreign };

    std::string name;
    State state = State::missing;
};

struct ProgramLinks {
    std::filesystem::path directory;
    std::filesystem::path bin;  // in its old spelling: what the links say
    std::vector<ProgramLink> links = {};
};

// What the journals say of a home. Paths of journals are for messages and for the way back.
struct Past {
    std::string transaction;                     // the newest that is in force
    std::filesystem::path journal;               // its file
    std::string profile;                         // with which it was made
    std::map<std::string, std::string> applied;  // item -> target
    // Of items that were copied there: where that filesystem was mounted.
    std::map<std::string, std::filesystem::path> filesystems;
    std::string pointer;                    // id in the home's .rehome, whatever it leads to
    std::optional<std::string> unfinished;  // a transaction that has to be finished first
    std::optional<std::filesystem::path> program_links = {};   // that it was asked for
    std::map<std::filesystem::path, std::uint32_t> made = {};  // directories for targets, and modes
};

enum class HomeProblem { none, is_file, dangling, foreign_link, unreadable };

struct Home {
    rust::HomeName name = rust::HomeName::cargo;
    std::filesystem::path path;  // as cargo and rustup are told
    bool exists = false;
    HomeProblem problem = HomeProblem::none;
    bool is_link = false;    // to a directory of the caller: followed once
    bool is_mended = false;  // names in it change although no item moves
    Site site;
    Past past;
    std::uint64_t hard_linked_proxies = 0;
    std::vector<std::string> included;  // files that config.toml includes, as written
    std::vector<std::string> follows;  // programs that see only the legacy home: "cross", "flatpak"
};

// Everything the planner may know: a plain value, filled by scan, that describes the machine at one
// moment. Planning looks at nothing else.
struct Inventory {
    std::string version;  // rehome's own
    std::string profile;
    std::optional<std::string> profile_warning;
    std::string rules_digest;
    layout::Layout layout;
    std::uint32_t user = 0;
    std::vector<Home> homes;
    std::vector<Item> items;  // in the order of their names
    std::vector<SharedNames> shared;
    std::map<std::filesystem::path, Site> targets;  // by the directory that holds a target
    Site user_home;
    Site state;  // where the journal goes
    std::vector<os::Mount> mounts;
    std::vector<rust::RunningTool> tools;
    std::optional<rust::Version> rustup;
    std::optional<ProgramLinks> program_links;  // where the user wants some
    std::optional<LegacyHome> legacy_home = {};
};

}  // namespace rehome::plan
