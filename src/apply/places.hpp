#pragma once

#include "os/read_fs.hpp"
#include "plan/step.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace rehome::apply {

// The two places of one item, their directories open, and the names that the way back uses there. A
// place whose directory is missing is not there: nothing can stand at it.
struct Places {
    const plan::Switch* step = nullptr;
    std::optional<os::Location> home;  // the item's old path
    std::filesystem::path real_home;   // its directory, with all links resolved
    std::optional<os::Location> target;
    std::string peer;     // ".rehome-peer-<n>"
    std::string staging;  // ".rehome-<id>-<n>", for a name that is renamed into place
    // Of a copied item, beside its old path: the link before the exchange, the original after it.
    std::string aside;  // ".rehome-<id>-<leaf>"
    // The same original once it is on its way back: what it lacks is being carried home into it.
    std::string returning;  // ".rehome-<id>-<n>-back"
    // Beside the target: what stood there, where the switch displaces it. ".rehome-<id>-<leaf>"
    std::string displaced;

    // The text of the link at each place that is ours: the target's path in whatever words, or the
    // peer's name.
    [[nodiscard]] bool is_our_text(const std::string& text) const;
};

// Whether a link in `directory`, whose path has no links, has the target's path as its text. Tools
// and hands rewrite links: relative to the directory or with a slash at the end it is the same.
bool is_path_by(const std::string& text, const std::filesystem::path& directory,
                const std::filesystem::path& target);

// Opens the directories of both places. Nothing is changed.
Places open_places(const os::ReadFs& fs, const plan::Switch& step, const std::string& id,
                   std::size_t number);

// A sibling of the location: another name in its directory.
os::Location beside(const os::Location& location, const std::string& name);

// A sibling under the first of "name", "name.2", "name.3" that nothing has.
os::Location free_beside(const os::ReadFs& fs, const os::Location& location,
                         const std::string& name);

}  // namespace rehome::apply
