#pragma once

#include "apply/homes_lock.hpp"
#include "apply/places.hpp"
#include "apply/progress.hpp"
#include "apply/switcher.hpp"
#include "journal/store.hpp"
#include "os/environment.hpp"
#include "os/fs.hpp"
#include "plan/plan.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace rehome::apply {

// What the way there and the way back need besides the plan or the journal.
struct Context {
    os::Fs& fs;
    std::filesystem::path state;  // rehome's own state directory
    std::chrono::milliseconds wait{10000};
    Tell tell;
    unsigned workers = 1;          // threads that walk a tree
    Progress* progress = nullptr;  // for who shows it
    // By which cargo and rustup are asked before and after; they are not where it is missing.
    const os::Environment* environment = nullptr;
};

// Keeps other rehomes out of all homes of the plan, and where nothing is copied cargo and rustup as
// well: a copy is made first, and holds them up only for its last round. A home that was removed is
// made again first, with its old mode, and so are the parents of nested items: something has to
// hold what goes back; the link to a home that was moved itself is made again, too. Throws
// Error(busy), Error(interrupted), and Error(attention) where even the home's parent is gone, or
// where something else is in the place of such a link.
HomesLock lock_homes(const Context& context, const plan::Plan& plan);

// Keeps other rehomes out of those homes of the plan that are there, for a look at what they might
// be moving; changes nothing. Throws Error(busy), Error(interrupted).
HomesLock lock_to_look(const Context& context, const plan::Plan& plan);

// As lock_homes(), for a transaction that was begun: what fails now leaves it as it was, which
// Error(attention) says.
HomesLock lock_homes_of(const Context& context, const journal::Journal& journal);

// Writes the first record of a new transaction, so that it is on the disk. Where that fails the
// transaction is removed again; Error(attention) if that fails as well.
void begin(os::Fs& fs, journal::Created& created, const journal::Begin& record);

// The two places of every switch of the plan, in its order.
std::vector<Places> open_all(const os::ReadFs& fs, const plan::Plan& plan, const std::string& id);

// The mtimes of the items that are directories (some filesystems change them when they are moved),
// wherever they are now, of the homes and the directories that the items leave, and of those in
// which links are made or something is displaced.
std::vector<journal::PathTime> times_of(const os::ReadFs& fs, const plan::Plan& plan,
                                        const std::vector<Places>& places);

// Sets recorded mtimes again, of each item wherever it is now. What was changed is added to the
// barrier.
void put_back_times(os::Fs& fs, Barrier& barrier, const std::vector<journal::PathTime>& times,
                    const std::vector<Places>& places);

// Gives a link inside an item another text in one atomic step, if it still has the one expected.
void rewrite_link(os::Fs& fs, Barrier& barrier, const std::filesystem::path& path,
                  const std::string& expected, const std::string& text);

}  // namespace rehome::apply
