#pragma once

#include "support/command.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "sweep/watched_run.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::sweep {

enum class Ground {
    one,     // all items are renamed
    across,  // all items are copied, to a tmpfs
    mixed,   // the cache is copied, the rest is renamed
    moved,   // on one filesystem; the cache was moved before, and moves on
    linked,  // all items are renamed, and the homes themselves with --legacy-home link
};

std::string_view name_of(Ground ground);

// Empty where this machine has what the ground needs; else what is missing.
std::string why_not_on(Ground ground);

// Where a scene is made, and how it runs rehome there.
struct Site {
    std::filesystem::path home = {};    // the directory for the home; empty: TMPDIR
    std::filesystem::path second = {};  // the one on the second filesystem; empty: a tmpfs
    Syncs syncs = Syncs::skipped;
};

// A home of its own in a temporary directory, with no cargo or rustup to run, and the commands that
// a sweep gives rehome there.
class Scene {
public:
    explicit Scene(Ground ground, const char* sample = "minimal", const Site& site = {});

    [[nodiscard]] const std::filesystem::path& home() const { return home_.path(); }

    // What is there now is the original from now on.
    void look_again();

    [[nodiscard]] support::Command command(std::vector<std::string> arguments) const;
    // migrate --apply --yes to where this ground wants it, and these.
    [[nodiscard]] support::Command apply(const std::vector<std::string>& more = {}) const;
    [[nodiscard]] support::Command rollback() const;
    [[nodiscard]] support::Command resume() const;

    // The home, and the directory on the other filesystem where there is one.
    [[nodiscard]] std::vector<std::filesystem::path> roots() const;

    // The run, when all that was made before is older than the tick of the kernel's clock. What is
    // younger is copied once more by a transaction that copies: the calls of two runs would not be
    // the same.
    [[nodiscard]] WatchedRun run(const support::Command& command, const Strike& strike = {}) const;

    // Empty if the home is as it was made and nothing is left at the targets, else what differs.
    [[nodiscard]] std::string unlike_original() const;

    // What an apply makes of this home, in words that are the same for every home of this sample:
    // without the homes' own paths, and without times that are of now.
    [[nodiscard]] support::Snapshot form() const;

    // Empty if every file of the original has its content at its old path, else those that have
    // not.
    [[nodiscard]] std::string unreachable() const;

    // The stage of the newest transaction's journal; "none" without one, or with none but the first
    // migration of a home that was moved before.
    [[nodiscard]] std::string stage() const;

    // Empty if rehome's own state is journals that are over (closed, or committed and settled) and
    // nothing else, else what is there.
    [[nodiscard]] std::string state_left_over() const;

private:
    void fill(const char* sample);
    [[nodiscard]] support::Snapshot look() const;

    Ground ground_;
    Site site_;
    std::int64_t made_at_;
    support::TempDir home_;
    std::unique_ptr<support::TempDir> second_;
    support::Snapshot before_;
    std::map<std::string, std::string> contents_;
};

}  // namespace rehome::sweep
