#pragma once

#include "support/mounted.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rehome::real {

enum class TargetsLieOn { same_filesystem, tmpfs, ext4, xfs, btrfs };

// A directory for the cache and the data of a migration, on that filesystem. It is gone with the
// object, so it has to live longer than the home whose items lie in it.
class Place {
public:
    // Throws support::CannotMount.
    explicit Place(TargetsLieOn where);

    [[nodiscard]] const std::filesystem::path& path() const;

    // What leads the cache and the data there: --cache-dir and --data-dir, and that they may be
    // lost with a reboot where that is so.
    [[nodiscard]] std::vector<std::string> flags() const;

    // {"migrate", "--apply", "--yes"} and flags().
    [[nodiscard]] std::vector<std::string> migrate() const;

private:
    TargetsLieOn where_;
    std::optional<support::TempDir> directory_;
    std::optional<support::Mounted> mounted_;
};

// Nothing where that filesystem cannot be mounted; then it has printed SKIPPED and why.
std::unique_ptr<Place> place_or_skip(TargetsLieOn where);

}  // namespace rehome::real
