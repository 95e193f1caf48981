#pragma once

#include "support/command.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::cli_tests {

// A small home of its own, where nothing leaves the filesystem unless it is told to, and the real
// rehome on it.
class NearHome {
public:
    NearHome();
    // Below this directory.
    explicit NearHome(const std::filesystem::path& parent);

    [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return directory_ / name;
    }

    [[nodiscard]] support::Command command(std::vector<std::string> arguments) const;
    [[nodiscard]] support::CommandResult run(std::vector<std::string> arguments) const;
    // migrate --apply --yes, and these.
    [[nodiscard]] support::CommandResult migrate(const std::vector<std::string>& more = {}) const;

    // Without rehome's own state.
    [[nodiscard]] support::Snapshot
    snapshot(support::Inodes inodes = support::Inodes::compared) const;

private:
    void fill();

    support::TempDir directory_;
};

// The options with which cache and data go below this directory.
std::vector<std::string> sent_to(const std::filesystem::path& directory);

}  // namespace rehome::cli_tests
