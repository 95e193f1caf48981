#pragma once

#include "apply/session.hpp"
#include "cli/arguments.hpp"
#include "cli/screen.hpp"
#include "cli/status_line.hpp"
#include "journal/store.hpp"
#include "layout/layout.hpp"
#include "os/environment.hpp"
#include "os/fs.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rehome::cli {

// What every command has in its hands.
struct Machine {
    const os::Environment& environment;
    os::Fs& fs;
    const Screen& screen;
};

// Every transaction that the state directory or one of the homes knows, oldest first.
std::vector<journal::Journal> read_journals(const Machine& machine);

// Throws Error(refused) if HOME, a home, rehome's state or a journal belongs to another user than
// the caller, as with sudo: what somebody else has written there must not steer what the caller may
// do.
void require_own(const Machine& machine, const std::vector<journal::Journal>& journals);

// The layout without journals: the homes, and rehome's own directories.
layout::Layout bare_layout(const Machine& machine);

// For the transaction, which is shown in `status`; `arguments` may hold --wait. Throws Error(usage)
// for a wait that is no number.
apply::Context context_of(const Machine& machine, const Arguments& arguments, StatusLine& status);

std::vector<std::string> ids_of(const std::vector<journal::Journal>& journals);

// "applied", "rolled back", "interrupted": for people.
std::string_view state_name(journal::Stage stage);

// "2026-02-03 04:05 UTC".
std::string time_text(std::int64_t seconds);

// The path with ~ for the user's home, for people.
std::string short_path(const Machine& machine, const std::string& path);

// The journal with that id, or Error(usage) that names those there are.
const journal::Journal& journal_with_id(const std::vector<journal::Journal>& journals,
                                        const std::string& id);

}  // namespace rehome::cli
