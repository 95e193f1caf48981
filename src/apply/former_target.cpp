#include "apply/former_target.hpp"

#include "apply/compat_link.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rehome::apply {

namespace {

plan::RemoveLink link_left(const plan::Switch& step) {
    return {step.path, step.target.native()};
}

void remove_if_empty(os::Fs& fs, Barrier& barrier, const std::filesystem::path& path) {
    const std::optional<os::Directory> parent = fs.open_if_there(path.parent_path());
    const std::optional<os::FileInfo> info = fs.look(path);
    if (!parent || !info || info->type != os::FileType::directory || info->mount_root) {
        return;
    }
    barrier.touch(*parent);
    fs.remove_directory({*parent, path.filename().string()});
}

}  // namespace

void turn_to_new_targets(os::Fs& fs, Barrier& barrier, const plan::Plan& plan,
                         const std::string& id) {
    for (const plan::Switch* step : plan.switches()) {
        if (plan::moves_on(*step)) {
            turn_link(fs, barrier, step->compat_link, step->path, step->target, id);
        }
    }
}

void turn_to_former_targets(os::Fs& fs, Barrier& barrier, const plan::Plan& plan,
                            const std::string& id) {
    for (const plan::Switch* step : plan.switches()) {
        if (plan::moves_on(*step)) {
            turn_link(fs, barrier, step->compat_link, step->target, step->path, id);
        }
    }
}

void remove_links_left(os::Fs& fs, const journal::Begin& begin) {
    Barrier barrier(fs);
    for (const plan::Switch* step : begin.plan.switches()) {
        if (plan::moves_on(*step) && !leads_to(fs, step->compat_link, step->path)) {
            remove_link(fs, barrier, link_left(*step), begin.id);
        }
    }
    for (const plan::Step& step : begin.plan.steps) {
        if (const auto* remove = std::get_if<plan::RemoveDirectory>(&step)) {
            remove_if_empty(fs, barrier, remove->path);
        }
    }
    barrier.sync();
}

void restore_links_left(os::Fs& fs, Barrier& barrier, const journal::Begin& begin) {
    for (const plan::Switch* step : begin.plan.switches()) {
        const std::optional<os::FileInfo> target = fs.look(step->target);
        if (plan::moves_on(*step) && target && target->type != os::FileType::symlink) {
            restore_link(fs, barrier, link_left(*step), begin.id);
        }
    }
}

std::vector<journal::StraightHome> without_former_target(const os::ReadFs& fs,
                                                         const plan::Plan& plan) {
    std::vector<journal::StraightHome> gone;
    for (const plan::Switch* step : plan.switches()) {
        const auto item = std::ranges::find(plan.items, step->item, &plan::PlannedItem::item);
        if (!plan::moves_on(*step) || item == plan.items.end() ||
            mount_point_of(fs, step->path.parent_path()) == item->filesystem_left) {
            continue;
        }
        const std::optional<os::FileInfo> home = fs.look_through(step->compat_link.parent_path());
        const std::optional<os::FileInfo> target = fs.look_through(step->target.parent_path());
        const bool renames =
            home && target && home->device == target->device && home->mount_id == target->mount_id;
        gone.push_back({step->item, renames ? plan::Way::rename : plan::Way::copy});
    }
    return gone;
}

void require_former_targets_mounted(const os::ReadFs& fs, const plan::Plan& plan) {
    const std::vector<journal::StraightHome> gone = without_former_target(fs, plan);
    if (!gone.empty()) {
        const auto item =
            std::ranges::find(plan.items, gone.front().item, &plan::PlannedItem::item);
        throw base::Error(
            base::Kind::attention,
            fmt::format("the filesystem to which {} goes back, at {}, is not mounted; nothing was "
                        "changed",
                        item->item,
                        base::in_quotes(item->from.native())),
            fmt::format("mount it at {}, then run the command again; if it is gone for good, go "
                        "straight to the home: rehome rollback --force",
                        base::in_quotes(item->filesystem_left.native())));
    }
}

void make_former_parents(os::Fs& fs, const plan::Plan& plan) {
    std::map<std::filesystem::path, std::uint32_t> modes;
    for (const plan::Step& step : plan.steps) {
        if (const auto* removed = std::get_if<plan::RemoveDirectory>(&step)) {
            modes[removed->path] = removed->mode;
        }
    }
    for (const plan::Switch* step : plan.switches()) {
        if (!plan::moves_on(*step)) {
            continue;
        }
        std::filesystem::path path;
        for (const std::filesystem::path& part : step->path.parent_path()) {
            const std::filesystem::path outer = std::exchange(path, path / part);
            if (!outer.empty() && !fs.look_through(path)) {
                const auto mode = modes.find(path);
                const os::Directory directory = fs.open(outer);
                fs.make_directory({directory, part.string()},
                                  mode != modes.end() ? mode->second : 0700U);
                fs.sync_directories({directory});  // before an item relies on it
            }
        }
    }
}

}  // namespace rehome::apply
