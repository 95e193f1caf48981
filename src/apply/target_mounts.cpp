#include "apply/target_mounts.hpp"

#include "apply/copy_sight.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "tree/measure.hpp"

#include <fmt/format.h>

#include <linux/magic.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace rehome::apply {

namespace {

os::Directory nearest_directory(const os::ReadFs& fs, std::filesystem::path path) {
    while (!fs.look_through(path) && path.has_relative_path()) {
        path = path.parent_path();
    }
    return fs.open(path);
}

bool lives_in_memory(const os::FilesystemId& filesystem) {
    return filesystem.type == TMPFS_MAGIC || filesystem.type == RAMFS_MAGIC;
}

}  // namespace

std::string boot_id(const os::ReadFs& fs) {
    std::string id = fs.read("/proc/sys/kernel/random/boot_id").value_or("");
    std::erase(id, '\n');
    return id;
}

std::filesystem::path mount_point_of(const os::ReadFs& fs, const std::filesystem::path& path) {
    const std::vector<os::Mount> mounts = fs.mounts();
    const auto mount =
        std::ranges::find(mounts, fs.look(nearest_directory(fs, path)).mount_id, &os::Mount::id);
    return mount == mounts.end() ? std::filesystem::path() : mount->point;
}

bool is_target_mounted(const os::ReadFs& fs, const journal::Journal& journal,
                       const Places& places) {
    const os::Directory existing = nearest_directory(fs, places.step->target.parent_path());
    const auto recorded =
        std::ranges::find(journal.copies, places.step->item, &journal::CopyRecord::item);
    if (recorded != journal.copies.end()) {
        const os::FilesystemId there = fs.filesystem_of(existing);
        // Old kernels give every tmpfs the same id.
        const bool was_lost = lives_in_memory(there) && journal.boot != boot_id(fs);
        return there == recorded->filesystem && !was_lost;
    }
    const std::vector<plan::PlannedItem>& items = journal.begin.plan.items;
    const auto planned = std::ranges::find(items, places.step->item, &plan::PlannedItem::item);
    if (planned == items.end() || planned->filesystem.empty()) {
        return true;
    }
    const std::filesystem::path point = mount_point_of(fs, existing.path());
    return point.empty() || point == planned->filesystem;
}

void require_targets_mounted(const os::ReadFs& fs, const journal::Journal& journal,
                             const std::vector<Places>& places) {
    for (const Places& one : places) {
        if (one.step->way != plan::Way::rename && !is_target_mounted(fs, journal, one)) {
            throw base::Error(
                base::Kind::attention,
                fmt::format("the filesystem for {}, at {}, is not mounted; nothing was changed",
                            one.step->item,
                            base::in_quotes(one.step->target.native())),
                "mount it, then run the command again; if it is gone for good (a tmpfs after a "
                "reboot), go back without it: rehome rollback --force");
        }
    }
}

void require_room_at_home(const os::ReadFs& fs, const journal::Journal& journal,
                          const std::vector<Places>& places) {
    std::map<std::uint64_t, std::uint64_t> needed;  // by the home's device
    for (const Places& one : places) {
        if (one.step->way == plan::Way::rename || !one.home) {
            continue;
        }
        const CopySight sight = see(fs, one);
        const bool comes_new = sight.is_exchanged() && sight.aside != At::thing &&
                               sight.returning != At::thing && sight.coming != At::thing;
        if (!comes_new || !is_target_mounted(fs, journal, one)) {
            continue;
        }
        const os::Directory& home = one.home->directory;
        std::uint64_t& bytes = needed[fs.look(home).device];
        bytes += tree::measure({one.step->target}, 1).front().disk_bytes;
        const std::uint64_t free = fs.capacity(home.path()).free_bytes;
        if (free < bytes) {
            throw base::Error(
                base::Kind::attention,
                fmt::format("at least {} are needed on the filesystem of {} to copy the items "
                            "back, and {} are free; nothing was changed",
                            base::human_bytes(bytes),
                            base::in_quotes(home.path().native()),
                            base::human_bytes(free)),
                "free some space there, then run the command again");
        }
    }
}

void require_one_filesystem(const os::ReadFs& fs, const std::vector<Places>& places) {
    for (const Places& one : places) {
        if (one.step->way == plan::Way::rename && one.home && one.target &&
            fs.look(one.home->directory).device != fs.look(one.target->directory).device) {
            throw base::Error(
                base::Kind::attention,
                fmt::format("{} is on another filesystem than {} now, and was on the same when "
                            "{} was moved: is the right one mounted?",
                            base::in_quotes(one.target->directory.path().native()),
                            base::in_quotes(one.home->directory.path().native()),
                            one.step->item),
                "mount the filesystems as they were, then run `rehome rollback` again");
        }
    }
}

}  // namespace rehome::apply
