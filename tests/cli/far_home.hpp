#pragma once

#include "support/command.hpp"
#include "support/mounted.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::cli_tests {

// A home whose cache and data are to go to a filesystem of their own, and the real rehome on it.
class FarHome {
public:
    // Throws CannotMount.
    explicit FarHome(support::Filesystem filesystem, support::MountOptions options = {},
                     const char* sample = "minimal");

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return directory_ / name;
    }

    [[nodiscard]] support::Mounted& mounted() const { return *mounted_; }

    [[nodiscard]] support::Command command(std::vector<std::string> arguments) const;
    [[nodiscard]] support::CommandResult run(std::vector<std::string> arguments) const;
    // migrate --apply --yes to the other filesystem, and these.
    [[nodiscard]] support::Command migration(const std::vector<std::string>& more = {}) const;
    [[nodiscard]] support::CommandResult migrate(const std::vector<std::string>& more = {}) const;

    // Without inodes and without rehome's own state.
    [[nodiscard]] support::Snapshot snapshot() const;

private:
    std::unique_ptr<support::Mounted> mounted_;
    support::TempDir directory_;
};

// Nothing where that filesystem cannot be mounted; then it has printed SKIPPED and why.
std::unique_ptr<FarHome> far_home_or_skip(support::Filesystem filesystem,
                                          support::MountOptions options = {},
                                          const char* sample = "minimal");

// A program that goes on until it is killed, in a process group of its own: sh runs `script` with
// `argument` as $1. Returns when the script has printed a line.
std::unique_ptr<support::RunningCommand> started(const std::string& script,
                                                 const std::filesystem::path& argument);

bool contains(const std::string& text, std::string_view part);

}  // namespace rehome::cli_tests
