#pragma once

#include "apply/barrier.hpp"
#include "apply/copy_job.hpp"
#include "apply/copy_sight.hpp"
#include "apply/homes_lock.hpp"
#include "apply/session.hpp"
#include "apply/switcher.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::apply {

// The items of a plan that are copied, on their way to their targets. The calls come in the order
// in which they stand here; what a killed run has done is found by structure and not done again,
// but nothing that only a killed run has verified counts as proven.
class Copies {
public:
    Copies(const Context& context, const journal::Journal& journal, Barrier& barrier,
           const std::vector<Places>& places);

    [[nodiscard]] bool none() const { return items_.empty(); }

    // The times that are to be set again: those of the journal, or of Staged once it is written.
    [[nodiscard]] const std::vector<journal::PathTime>& times() const { return times_; }

    // Copies into staging names beside the targets, takes cargo's locks, copies what has changed
    // meanwhile, gives the copies their names, syncs, and reads them back. Journal: Staged, Copied.
    // Everything is durable when it returns. Throws Error(io), Error(busy), Error(interrupted).
    void stage(journal::Writer& writer, HomesLock& lock, Identities identities);

    // Makes the links that will be exchanged with the originals.
    void place_links();

    // Last look before the exchange, at what no lock keeps from changing: if it has changed since
    // it was copied, does all of stage() again that comes after the locks, and answers true.
    bool stage_what_changed(journal::Writer& writer, Identities identities);

    // Puts each link in its original's place in one atomic call; the original is aside then. Looks,
    // and exchanges back at once if another thing was moved than was meant.
    void exchange(Identities identities);

    // After the exchange is on the disk: what was written into an original since its last look is
    // carried to the target. Throws Error(busy) if a program is still writing there.
    void carry_late_writes();

    // Deletes the originals that cannot be exchanged and makes the links. Journal: Replacing,
    // before the first change; there is no way back from here until Committed.
    void replace(journal::Writer& writer);

    // After Committed: deletes the originals of which every byte was proven at the target in this
    // run, and which nobody uses; keeps the others and says so. Journal: Settled.
    void settle_originals(journal::Writer& writer);

private:
    struct Item {
        const Places& places;
        CopyJob job;
        bool replaces = false;      // Way::replace
        bool is_exchanged = false;  // before this run
        std::string keep_because = {};
    };

    void require_resumable(const Item& item, const CopySight& sight) const;
    void require_unused_originals() const;
    void move(const Item& item, const os::Location& from, const os::Location& to) const;
    void open_staging(Item& item);
    void require_fine_times(const Item& item) const;
    [[nodiscard]] bool is_ours(const Item& item) const;
    void settle_and_prove(journal::Writer& writer, Identities identities);
    void give_names();
    void sync_targets();
    void look_after(const Item& item, Identities identities);
    void exchange_one(Item& item, Identities identities);
    void delete_original(Item& item);
    [[nodiscard]] std::vector<std::filesystem::path> originals() const;
    [[nodiscard]] tree::TreeSize planned_size(const Item& item) const;

    const Context& context_;
    const journal::Journal& journal_;
    const plan::Request& request_;
    Barrier& barrier_;
    const std::vector<Places>& places_;
    std::deque<Item> items_;
    std::vector<journal::PathTime> times_;
};

// Why an item stays where it is.
base::Error copy_failure(const Places& places, std::string_view what);

}  // namespace rehome::apply
