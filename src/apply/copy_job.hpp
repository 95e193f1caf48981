#pragma once

#include "apply/session.hpp"
#include "journal/record.hpp"
#include "plan/step.hpp"
#include "tree/compare.hpp"
#include "tree/manifest.hpp"
#include "tree/mirror.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::apply {

// Where a copy is made, from what, and where its manifest lies.
struct CopyRoute {
    std::string item;
    os::Location source;
    os::Location staging;
    os::Location manifest;  // in the transaction's directory
    std::vector<std::string> drops = {};
    std::size_t number = 0;  // among the items that are copied, for who shows it
    std::size_t items = 0;
};

enum class Extras { refused, allowed };

// One copy on its way from the first byte to its proof. The calls come in the order in which they
// stand here; a new run may begin again with copy(): what is there counts by its content.
class CopyJob {
public:
    CopyJob(const Context& context, CopyRoute route);

    // Without locks of cargo's: copies while others work. `keep` as tree::mirror() has it.
    void copy(std::uint64_t files, std::uint64_t bytes, const tree::Keep* keep = nullptr);

    // Instead of copying: takes the manifest that a killed run has left, if it is whole.
    void load();

    [[nodiscard]] bool has_manifest() const { return manifest_.has_value(); }

    // Under all locks: copies what has changed since, until nothing has. Throws Error(io) naming
    // what goes on changing after three rounds. The manifest is on the disk afterwards, its name
    // with the next sync of its directory.
    void settle(const tree::Keep* keep = nullptr);

    // What the journal has to know of the copy, which is at this place.
    [[nodiscard]] journal::CopyRecord record(const os::Location& place) const;

    // Reads back what is at this place, as `verify` asks. Throws Error(io) if it is not the copy,
    // or holds more than that and more is not allowed.
    void prove(const os::Location& place, plan::Verify verify, Extras extras = Extras::refused);

    // Whether every byte was read back in this run.
    [[nodiscard]] bool is_proven() const { return proven_; }

    // What has happened to the original, which is at this place now, since it was copied.
    [[nodiscard]] tree::Differences late(const os::Location& original,
                                         std::function<void(const tree::Difference&)> found) const;

    // Whether something has happened to the original, where it was copied from, since settle().
    [[nodiscard]] bool is_stale() const;

    [[nodiscard]] const CopyRoute& route() const { return route_; }

    [[nodiscard]] const tree::Manifest& manifest() const;

private:
    void mirror(const tree::Manifest* before, const tree::Keep* keep);
    [[nodiscard]] tree::CompareOptions options() const;
    [[nodiscard]] tree::Progress* counters() const;

    const Context& context_;
    CopyRoute route_;
    std::optional<tree::Manifest> manifest_;
    std::uint64_t unsteady_ = 0;
    bool proven_ = false;
};

// Whether what is at the place is the copy that the journal recorded: the same inode on the same
// filesystem, whatever has become of its content.
bool is_recorded(const os::ReadFs& fs, const os::Location& place, const journal::CopyRecord& copy);

// What a tree lacks of the names of the manifest: of the last copy that may be all that counts.
struct Lack {
    std::uint64_t names = 0;
    std::string first = {};
};

Lack lack_of(const os::ReadFs& fs, const os::Location& place, const tree::Manifest& manifest,
             unsigned workers);

// Whether it has every name, attribute and byte of the manifest, and nothing else.
bool is_whole(const Context& context, const os::Location& place, const tree::Manifest& manifest);

// Whether it has nothing but what the manifest has: the rest of a tree whose deletion was cut off.
// What was dropped is not looked at.
bool is_part(const Context& context, const os::Location& place, const tree::Manifest& manifest,
             const std::vector<std::string>& drops = {});

}  // namespace rehome::apply
