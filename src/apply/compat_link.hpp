#pragma once

#include "apply/barrier.hpp"
#include "os/fs.hpp"
#include "plan/step.hpp"

#include <cstddef>
#include <string>

namespace rehome::apply {

// Whether there is a link with exactly that text.
bool is_link_to(const os::ReadFs& fs, const std::filesystem::path& link, const std::string& text);

// Whether there is a link to that path, in whatever words (places.hpp, is_path_by).
bool leads_to(const os::ReadFs& fs, const std::filesystem::path& link,
              const std::filesystem::path& target);

// Performs the `number`th (from 1) MakeLink of the transaction `id`. Does nothing where the link is
// there already. Throws Error(io) if something else is, or if the directory that it replaces is no
// longer empty: then that is there as before.
void make_link(os::Fs& fs, Barrier& barrier, const plan::MakeLink& step, const std::string& id,
               std::size_t number);

// Restores what make_link() found, the directory with its mode and mtime. Leaves alone what is no
// longer our link. May be repeated.
void take_link_back(os::Fs& fs, Barrier& barrier, const plan::MakeLink& step, const std::string& id,
                    std::size_t number);

// Removes the link if it still has that text.
void remove_link(os::Fs& fs, Barrier& barrier, const plan::RemoveLink& step, const std::string& id);

// The undo of remove_link(): makes the link again if nothing has taken its name.
void restore_link(os::Fs& fs, Barrier& barrier, const plan::RemoveLink& step,
                  const std::string& id);

// Turns the link from one text to the other, in one atomic call where the filesystem has it. Leaves
// alone what is no longer a link of the first text, also if that comes about in this moment. May be
// repeated.
void turn_link(os::Fs& fs, Barrier& barrier, const std::filesystem::path& link,
               const std::string& from, const std::string& to, const std::string& id);

}  // namespace rehome::apply
