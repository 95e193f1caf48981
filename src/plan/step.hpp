#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rehome::plan {

// What tells a thing from another within one boot. Never used across boots: device numbers change,
// and every btrfs subvolume has inode 256 (PROTOCOL 7).
struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    bool operator==(const Identity&) const = default;
};

// An empty directory that stood at a target. It is replaced, and made again by the way back.
struct EmptyDirectory {
    std::uint32_t mode = 0;
    std::int64_t mtime = 0;  // ns

    bool operator==(const EmptyDirectory&) const = default;
};

// Makes a parent of targets. Undone by removing it if it is empty.
struct MakeDirectory {
    std::filesystem::path path;
    std::uint32_t mode = 0700;

    bool operator==(const MakeDirectory&) const = default;
};

// Takes permissions off a credentials file before it moves, or off a directory that holds what was
// moved. Not undone: what is tight stays tight.
struct Tighten {
    std::filesystem::path path;
    std::uint32_t mode = 0600;

    bool operator==(const Tighten&) const = default;
};

// Gives a relative link inside an item, which leads out of it, the absolute text of the same place.
// Undone by writing the old text, unless somebody has changed the link since.
struct RewriteLink {
    std::string item;
    std::filesystem::path path;  // inside the item, as named before the item moves
    std::string old_text;
    std::string new_text;

    bool operator==(const RewriteLink&) const = default;
};

// Makes a link: a compat link where a finished transaction had left one and nothing is any more, or
// an empty directory; or the link to a program in a directory of the user's. Undone by restoring
// what was there, unless somebody has changed the link since.
struct MakeLink {
    std::string item;
    std::filesystem::path path;
    std::filesystem::path target;  // its text
    std::optional<EmptyDirectory> replaces;

    bool operator==(const MakeLink&) const = default;
};

// Removes a link of ours that leads nowhere. Undone by making it again where nothing is.
struct RemoveLink {
    std::filesystem::path path;
    std::string text;

    bool operator==(const RemoveLink&) const = default;
};

// Removes a directory that an earlier transaction has made for its targets, if it is empty once the
// items have moved on. Undone by making it again.
struct RemoveDirectory {
    std::filesystem::path path;
    std::uint32_t mode = 0700;

    bool operator==(const RemoveDirectory&) const = default;
};

// How an item gets to its target.
enum class Way {
    rename,   // one filesystem: the item and a link at the target are exchanged
    copy,     // another one: copied and proven, then exchanged for a link beside it
    replace,  // nothing can be exchanged (a lower layer of an overlay): copied, then deleted, then
              // the link is made. Nobody else may be at work, and from the deletion on the way
              // leads forward only
};

// What a copy has to pass before the original may go.
enum class Verify {
    disk,      // the content, read from the disk: the page cache is dropped first
    full,      // the content, read back after the sync
    metadata,  // every attribute, but not the content
    none,
};

std::string_view name_of(Way way);
std::string_view name_of(Verify verify);

// Nothing for any other word.
std::optional<Way> way_named(std::string_view name);
std::optional<Verify> verify_named(std::string_view name);

// Every word of verify_named(), for messages.
std::vector<std::string> verify_names();

// Whether passing it is reason enough to delete the original.
bool proves_content(Verify verify);

// The item goes to the target, and a link with the target's path as its text takes its old place.
// Undone by the same with the places swapped.
struct Switch {
    std::string item;  // "cargo/registry"
    std::filesystem::path path;
    std::filesystem::path target;
    bool directory = false;
    bool regenerable = false;
    Identity identity;
    std::optional<EmptyDirectory> replaces;
    Way way = Way::rename;
    // What an earlier transaction has moved to the target, and a program has replaced at the old
    // path: it is renamed aside first, and kept. Undone by giving it its name back.
    bool displaces = false;
    // Paths inside the item that are not copied, because cargo makes them again: "src". "." is the
    // whole item. They stay with the original and go with it; not undone.
    std::vector<std::string> drops = {};
    // Of an item that an earlier transaction has moved to `path` already: the link that leads there
    // from the home. When the item is at the new target the link is turned to it, and later what
    // the switch has left at `path` goes. Undone by turning it back, after the item. "" for an item
    // that is in its home.
    std::filesystem::path compat_link = {};

    bool operator==(const Switch&) const = default;
};

// Whether an earlier transaction has moved the item to where it comes from.
bool moves_on(const Switch& step);

// By which path cargo and rustup reach the item, wherever it lies.
const std::filesystem::path& path_in_home(const Switch& step);

// Everything that a transaction does to the disk, in the order of the plan. Each
// kind says how it is undone.
using Step = std::variant<MakeDirectory, Tighten, RewriteLink, MakeLink, RemoveLink,
                          RemoveDirectory, Switch>;

}  // namespace rehome::plan
