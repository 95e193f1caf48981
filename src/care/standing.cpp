#include "care/standing.hpp"

#include "apply/copy_sight.hpp"
#include "apply/item_state.hpp"
#include "apply/target_mounts.hpp"

#include <array>
#include <cstddef>

namespace rehome::care {

namespace {

using apply::At;
using apply::ItemState;

struct Name {
    std::string_view code;
    std::string_view words;
};

constexpr std::array<Name, 9> names{{{"in_place", "in place"},
                                     {"moved", "moved"},
                                     {"drifted", "drifted"},
                                     {"back", "back"},
                                     {"purged", "purged"},
                                     {"not_mounted", "not mounted"},
                                     {"half", "half"},
                                     {"conflict", "conflict"},
                                     {"gone", "gone"}}};

// A link of the user that was adopted may have another text than ours.
bool is_dangling_link(const os::ReadFs& fs, const apply::Places& places) {
    const std::optional<os::FileInfo> info = fs.look(places.step->path);
    return info && info->type == os::FileType::symlink && !fs.look_through(places.step->path);
}

Standing finished(const os::ReadFs& fs, const apply::Places& places) {
    switch (apply::state_of(fs, places)) {
        case ItemState::switched: return Standing::moved;
        case ItemState::half: return Standing::half;
        case ItemState::conflict: return Standing::drifted;
        case ItemState::purged: return Standing::purged;
        case ItemState::unswitched:
            return is_dangling_link(fs, places) ? Standing::purged : Standing::back;
        case ItemState::gone: break;
    }
    return Standing::gone;
}

Standing unfinished_copy(const os::ReadFs& fs, const journal::Journal& journal,
                         const apply::Places& places) {
    const apply::CopySight sight = apply::see(fs, places);
    if (sight.is_conflict(journal.was_committed)) {
        return Standing::conflict;
    }
    if (sight.home == At::thing) {
        return Standing::in_place;
    }
    if (sight.target == At::thing) {
        return sight.home == At::our_link ? Standing::moved : Standing::half;
    }
    return sight.home == At::our_link ? Standing::purged : Standing::gone;
}

Standing unfinished(const os::ReadFs& fs, const apply::Places& places) {
    const Standing standing = finished(fs, places);
    if (standing == Standing::drifted) {
        return Standing::conflict;
    }
    return standing == Standing::back ? Standing::in_place : standing;
}

}  // namespace

std::string_view name_of(Standing standing) {
    return names[static_cast<std::size_t>(standing)].code;
}

std::string_view words_of(Standing standing) {
    return names[static_cast<std::size_t>(standing)].words;
}

bool is_drift(Standing standing) {
    return standing != Standing::in_place && standing != Standing::moved;
}

Standing standing_of(const os::ReadFs& fs, const apply::Places& places) {
    return finished(fs, places);
}

Standing standing_of(const os::ReadFs& fs, const journal::Journal& journal,
                     const apply::Places& places) {
    const bool copied = places.step->way != plan::Way::rename;
    const bool is_at_home = apply::look_at(fs, places, places.home) == At::thing;
    if (copied && !is_at_home && !apply::is_target_mounted(fs, journal, places)) {
        return Standing::not_mounted;
    }
    if (journal.is_in_force()) {
        return finished(fs, places);
    }
    return copied ? unfinished_copy(fs, journal, places) : unfinished(fs, places);
}

}  // namespace rehome::care
