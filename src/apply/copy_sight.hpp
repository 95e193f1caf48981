#pragma once

#include "apply/places.hpp"

namespace rehome::apply {

// What stands at one name: by structure, never by inode numbers.
enum class At { nothing, our_link, thing };

At look_at(const os::ReadFs& fs, const Places& places, const std::optional<os::Location>& place);

// What stands at each of the names that a copied item can have. From it and from the journal's
// stage recovery knows what has happened:
//   home      target  the others
//   thing     -       not copied, or only into `staged`
//   thing     thing   copied, not exchanged: `aside` is nothing or our link.
//                     Exchanged and the link replaced by a program: `aside` is a thing
//                     Back at home: `coming` or `returning` is our link
//   our link  thing   exchanged; `aside` is the original, or it is deleted
//   our link  -       the target was purged, or its filesystem is not mounted
//   -         thing   the link was deleted, or a crash has torn the exchange
struct CopySight {
    At home = At::nothing;
    At target = At::nothing;
    At staged = At::nothing;     // the copy, beside the target, before it has its name
    At aside = At::nothing;      // the original, beside the old path
    At coming = At::nothing;     // on the way back: a copy of the target beside the old path
    At returning = At::nothing;  // on the way back: the original, brought up to date

    // The target is what everybody uses.
    [[nodiscard]] bool is_exchanged() const { return home != At::thing && target == At::thing; }

    [[nodiscard]] bool is_back() const {
        return home == At::thing && (coming == At::our_link || returning == At::our_link);
    }

    // Two things that both may hold work.
    [[nodiscard]] bool is_conflict(bool was_committed) const {
        return home == At::thing && target == At::thing && !is_back() &&
               (was_committed || aside == At::thing || returning == At::thing);
    }
};

CopySight see(const os::ReadFs& fs, const Places& places);

}  // namespace rehome::apply
