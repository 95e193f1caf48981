#include "apply/as_planned.hpp"

#include "apply/compat_link.hpp"
#include "apply/former_target.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/pointer.hpp"
#include "journal/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace rehome::apply {

namespace {

base::Error changed(const std::filesystem::path& path, std::string_view how) {
    return {base::Kind::refused,
            fmt::format("{} {} since the plan was made; nothing was changed",
                        base::in_quotes(path.native()),
                        how),
            "run `rehome migrate` to see the plan as it is now"};
}

}  // namespace

void require_as_planned(const os::ReadFs& fs, const plan::Plan& plan,
                        const std::filesystem::path& state) {
    for (const plan::Switch* step : plan.switches()) {
        const std::optional<os::FileInfo> info = fs.look(step->path);
        if (!info || plan::Identity{info->device, info->inode} != step->identity) {
            throw changed(step->path, info ? "was replaced" : "was removed");
        }
        if (plan::moves_on(*step) && !leads_to(fs, step->compat_link, step->path)) {
            throw changed(step->compat_link, "was replaced");
        }
        const std::optional<os::FileInfo> target = fs.look(step->target);
        const bool is_replaced = target && step->replaces &&
                                 target->type == os::FileType::directory &&
                                 fs.is_empty(fs.open(step->target));
        if (target && !is_replaced && !step->displaces) {
            throw changed(step->target, "has appeared");
        }
    }
    std::vector<std::filesystem::path> homes;
    for (const plan::PlannedHome& home : plan.homes) {
        const std::optional<journal::Pointer> pointer = journal::read_pointer(fs, home.path);
        if ((pointer ? pointer->id : "") != home.pointer) {
            throw changed(home.path, "was migrated by another rehome");
        }
        const std::optional<journal::Journal> previous =
            home.previous.empty() ? std::nullopt : journal::read_journal(fs, home.previous_journal);
        if (!home.previous.empty() && !(previous && previous->is_in_force())) {
            throw changed(home.path, "was put back by another rehome");
        }
        homes.push_back(home.path);
    }
    // Begun after the plan had looked at the journals, and killed before it changed anything: not
    // even a pointer leads to it yet.
    for (const journal::Journal& journal : journal::read_all(fs, state, homes)) {
        for (const plan::PlannedHome& home : journal.begin.plan.homes) {
            if (journal.is_unfinished() && std::ranges::find(homes, home.path) != homes.end()) {
                throw changed(home.path, "was begun to be migrated by another rehome");
            }
        }
    }
}

}  // namespace rehome::apply
