#pragma once

#include "apply/barrier.hpp"
#include "apply/item_state.hpp"
#include "apply/places.hpp"
#include "os/fs.hpp"

#include <functional>
#include <string>

namespace rehome::apply {

// Whether the plan's device and inode numbers still hold: only in the run that took them.
enum class Identities { known, from_another_run };

// Tells the user, in cargo's voice: a verb and what it is done to.
using Tell = std::function<void(std::string_view verb, const std::string& what)>;

// Puts the compat link at the old path, where nothing is: a program may make something there at any
// moment, which is then renamed to a staging name and told. Never over a thing.
void link_where_nothing_is(os::Fs& fs, Barrier& barrier, const Tell& tell, const Places& places);

// Takes an exchange back that has moved another thing than was meant. Throws Error(io) if it
// cannot.
void exchange_back(os::Fs& fs, const os::Location& one, const os::Location& other);

// Moves single items, each call leaving a state that state_of() knows. Directories that were
// changed are added to the barrier.
class Switcher {
public:
    Switcher(os::Fs& fs, Barrier& barrier, Tell tell);

    // Renames what is at the target aside, where the plan displaces it and it still has its name.
    void displace(const Places& places);

    // The undo of displace(), once the item is at its old path and the target's name is free.
    void put_displaced_back(const Places& places);

    // Puts a link to the target's own path at the target, in the place of the empty directory that
    // the plan replaces if there is one. Does nothing for an item that is not unswitched. Throws
    // Error(io) if something has appeared there.
    void place_link(const Places& places);

    // unswitched or half -> switched, in one atomic call where the filesystem has it; then looks,
    // and exchanges back at once if another thing was moved than was meant. Throws Error(io) naming
    // the item where it would have to be copied, Error(attention) for a conflict.
    void switch_to_target(const Places& places, Identities identities);

    // Prepares the way back, so that no reader meets a loop (PROTOCOL 8): the peers beside both
    // places lead to the other one. Where the disk is full they are left out.
    void place_peers(const Places& places);

    // Then, when the peers are on the disk: the compat link becomes one to the peer beside it.
    void turn_to_peer(const Places& places);

    // switched or half -> unswitched.
    void switch_back(const Places& places);

    // Removes what the way there and back has left at both places: links of ours, peers, staging
    // names. Never a thing.
    void clear(const Places& places);

private:
    void look_after(const Places& places, Identities identities);
    void switch_file_without_exchange(const Places& places);
    void switch_directory_without_exchange(const Places& places);
    void switch_back_without_exchange(const Places& places);
    void make_link_over(const os::Location& place, const std::string& staging,
                        const std::string& text);
    void put_peer_for_link(const Places& places);
    [[nodiscard]] bool is_our_link(const Places& places, const os::Location& place) const;
    void remove_second_name(const Places& places);
    void remove_if_ours(const Places& places, const os::Location& place);

    os::Fs& fs_;
    Barrier& barrier_;
    Tell tell_;
};

}  // namespace rehome::apply
