#pragma once

#include "apply/places.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace rehome::apply {

// The boot id of this system, or "" where it is not told.
std::string boot_id(const os::ReadFs& fs);

// Where the filesystem is mounted on which the path is or would be; "" where that is not told.
std::filesystem::path mount_point_of(const os::ReadFs& fs, const std::filesystem::path& path);

// Whether the filesystem of a copied item's target is the one that it was copied to, or was planned
// to be. What is at its place otherwise is not ours, and what is not there is not gone.
bool is_target_mounted(const os::ReadFs& fs, const journal::Journal& journal, const Places& places);

// Throws Error(attention) naming the first copied item whose target is not mounted.
void require_targets_mounted(const os::ReadFs& fs, const journal::Journal& journal,
                             const std::vector<Places>& places);

// Throws Error(attention) where the home's filesystem has no room for the copies that would be made
// there on the way back; nothing is changed.
void require_room_at_home(const os::ReadFs& fs, const journal::Journal& journal,
                          const std::vector<Places>& places);

// Throws Error(attention) naming the first renamed item whose target is on another filesystem than
// its home now: a disk that is not mounted must not be taken for a purged target.
void require_one_filesystem(const os::ReadFs& fs, const std::vector<Places>& places);

}  // namespace rehome::apply
