#include "sweep/disks.hpp"

#include "sweep/launch.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace rehome::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* memory = "/dev/shm";
// More than the images of all threads come to; that of an xfs has 64 MB of log.
constexpr std::uintmax_t enough = 1U << 30U;

std::string_view name_of(support::Filesystem filesystem) {
    switch (filesystem) {
        case support::Filesystem::ext4: return "ext4";
        case support::Filesystem::xfs: return "xfs";
        case support::Filesystem::btrfs: return "btrfs";
        default: return "?";
    }
}

std::string_view name_of(support::Outage outage) {
    return outage == support::Outage::log_lost ? "log lost" : "log written";
}

support::MountOptions options_of(support::Filesystem filesystem) {
    std::error_code missing;
    const fs::space_info space = fs::space(memory, missing);
    const bool fits = !missing && space.available >= enough;
    return {// What btrfs writes by itself would change an image while it is copied.
            .options = filesystem == support::Filesystem::btrfs ? "commit=300" : "",
            .keep_in = fits ? memory : ""};
}

void sync_at(const fs::path& path) {
    const Descriptor root(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str()));
    checked(::syncfs(root.number()), "syncfs");
}

}  // namespace

std::string DiskKinds::name() const {
    std::string text(name_of(home));
    return second ? text + " to " + std::string(name_of(*second)) : text;
}

std::string DiskOutage::text(const DiskKinds& kinds) const {
    std::string text = "home: " + std::string(name_of(home));
    return kinds.second ? text + ", second: " + std::string(name_of(second)) : text;
}

Disks::Disks(const DiskKinds& kinds) : home_(kinds.home, options_of(kinds.home)) {
    if (kinds.second) {
        second_.emplace(*kinds.second, options_of(*kinds.second));
    }
}

Site Disks::site() const {
    return {.home = home_.path(), .second = second_ ? second_->path() : "", .syncs = Syncs::made};
}

void Disks::sync() const {
    const auto lock = hold_launches();
    sync_at(home_.path());
    if (second_) {
        sync_at(second_->path());
    }
}

void Disks::cut_power(const DiskOutage& outage) {
    const auto lock = hold_launches();
    home_.cut_power(outage.home);
    if (second_) {
        second_->cut_power(outage.second);
    }
}

void Disks::boot() {
    home_.boot();
    if (second_) {
        second_->boot();
    }
}

bool is_skipped(const DiskKinds& kinds) {
    try {
        Disks disks(kinds);
        disks.cut_power({});
        disks.boot();
    } catch (const support::CannotMount& reason) {
        fmt::print("SKIPPED: no power of {} can be cut: {}\n", kinds.name(), reason.what());
        return true;
    }
    return false;
}

}  // namespace rehome::sweep
