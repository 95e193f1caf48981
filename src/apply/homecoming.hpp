#pragma once

#include "apply/barrier.hpp"
#include "apply/copy_job.hpp"
#include "apply/copy_sight.hpp"
#include "apply/homes_lock.hpp"
#include "apply/session.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace rehome::apply {

enum class LockTools { always, for_copies };

// That something else is at the place than was a moment ago.
base::Error in_the_way(const os::Location& at);

// The copied items of a transaction on their way home. The target is the truth from the exchange
// on: what is there now goes home, into the original where that is still aside. The calls come in
// the order in which they stand here, and may be repeated by another run.
class Homecoming {
public:
    Homecoming(const Context& context, const journal::Journal& journal, Barrier& barrier,
               const std::vector<Places>& places);

    // Makes beside each old path what is to be there, equal to the target, proven and durable.
    // Takes cargo's locks for the last look. Nothing that anybody uses has changed when it returns.
    void prepare(HomesLock& lock, LockTools when);

    // Whether all that is at the item's target is at its old path as well, and nobody uses the
    // target: a crash has torn the exchange, or somebody has put a copy there.
    [[nodiscard]] bool is_there_twice(const Places& places) const;

    // Instead of going on from prepare(), which has failed: removes the copies that it has made.
    // False, and changes nothing, where originals were brought up to date: only the way back knows
    // them by their new names.
    bool take_back();

    // After prepare(): whether exchange() would switch something.
    [[nodiscard]] bool exchanges_something() const;

    // Last look before the exchange, at what no lock keeps from changing: what has changed since it
    // was copied is copied and proven again. Answers whether that was so.
    bool settle_what_changed();

    // Puts it in the place of the compat link in one atomic call.
    void exchange();

    // After the exchange is on the disk: what was written at a target since its last look is
    // carried home. A program that has opened a file there before the exchange and waits for our
    // lock gets it; waits for it as long as the context says.
    void carry_what_writers_finish(HomesLock& lock);

    // After RolledBack: removes links and staging names, and the copies at the targets: those that
    // nobody was ever sent to, and those of which every byte was proven at home in this run and
    // which nobody uses. Others are renamed aside and named.
    void clear();

private:
    struct Item {
        const Places& places;
        std::size_t number = 0;
        std::optional<CopyJob> job = std::nullopt;           // that copies home
        std::optional<tree::Manifest> there = std::nullopt;  // of the way there
        std::optional<tree::Manifest> ours = std::nullopt;   // of a way back that was cut off
        std::optional<tree::Keep> keep = std::nullopt;
        bool uses_original = false;  // `returning` holds what goes home
        bool uses_coming = false;    // an earlier run has copied it, and nothing else is left
        bool is_proven = false;      // equal to the target, in this run
    };

    [[nodiscard]] static bool is_to_exchange(const Item& item, const CopySight& sight);
    void carry_late_writes();
    void prepare_one(Item& item);
    [[nodiscard]] bool is_emptied(const Item& item, const CopySight& sight) const;
    void use_what_is_here(Item& item, const CopySight& sight);
    std::size_t carry_to_target(const Item& item, const os::Location& original) const;
    void copy_home(Item& item);
    void settle_one(Item& item);
    void exchange_in_two(const Item& item, const os::Location& from, const os::Location& link);
    void clear_target(Item& item);
    void clear_names(const Item& item);
    void clear_name(const Item& item, const std::string& name);
    void discard_target(Item& item, const std::string& because,
                        const std::optional<os::FileInfo>& compared);
    bool remove_compared(const Item& item, const os::FileInfo& compared) const;
    [[nodiscard]] std::optional<tree::Manifest> manifest(const Item& item,
                                                         journal::Direction direction) const;
    [[nodiscard]] std::string suffix() const;
    // Another filesystem is at the target's place: what is there is not ours.
    [[nodiscard]] bool is_away(const Item& item) const;
    [[nodiscard]] bool is_ours_unused(const Item& item) const;
    [[nodiscard]] std::string why_not_only_ours(const Item& item) const;
    [[nodiscard]] std::string users_of_target(const Item& item) const;
    [[nodiscard]] bool is_copied_home(const Item& item, bool home_is_proven) const;
    [[nodiscard]] std::string why_not_proven(const Item& item) const;

    const Context& context_;
    const journal::Journal& journal_;
    Barrier& barrier_;
    std::deque<Item> items_;
};

}  // namespace rehome::apply
