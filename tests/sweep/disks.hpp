#pragma once

#include "support/mounted.hpp"
#include "sweep/scene.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rehome::sweep {

// On what a scene lies whose power is cut.
struct DiskKinds {
    support::Filesystem home;
    std::optional<support::Filesystem> second = {};

    // "xfs", or "xfs to ext4"
    [[nodiscard]] std::string name() const;

    [[nodiscard]] Ground ground() const { return second ? Ground::across : Ground::one; }
};

// What reaches which disk at the end of the power.
struct DiskOutage {
    support::Outage home = support::Outage::log_lost;
    support::Outage second = support::Outage::log_lost;

    // "home: log lost, second: log written"
    [[nodiscard]] std::string text(const DiskKinds& kinds) const;
};

// The disks of a scene, new and empty, mounted for the thread that makes them.
class Disks {
public:
    // Throws support::CannotMount.
    explicit Disks(const DiskKinds& kinds);

    // A scene made there makes its syncs.
    [[nodiscard]] Site site() const;

    // All that was changed is on the disks.
    void sync() const;
    // All at one instant. Throws support::CannotMount.
    void cut_power(const DiskOutage& outage);
    // Throws support::CannotMount.
    void boot();

private:
    support::Mounted home_;
    std::optional<support::Mounted> second_;
};

// Prints SKIPPED and the reason where the power of such disks cannot be cut; then answers true.
bool is_skipped(const DiskKinds& kinds);

}  // namespace rehome::sweep
