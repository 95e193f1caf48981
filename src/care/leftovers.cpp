#include "care/leftovers.hpp"

#include "apply/places.hpp"
#include "plan/place_checks.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;
using journal::Journal;

class LeftoverLook {
public:
    LeftoverLook(const HomeView& view, const CaredHome& home,
                 const std::vector<const Journal*>& journals)
        : view_(view), fs_(view.fs), home_(home), journals_(journals) {}

    std::vector<Leftover> look() const {
        std::vector<Leftover> leftovers;
        std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
        for (const fs::path& path : places_of_ours()) {
            const std::optional<os::FileInfo> info = fs_.look_through(path);
            if (!info || info->type != os::FileType::directory || !fs_.may_read(path) ||
                !seen.insert({info->device, info->inode}).second) {
                continue;
            }
            for (const os::Entry& entry : fs_.list(fs_.open(path))) {
                if (entry.name.starts_with(".rehome-") && !is_accounted(path, entry.name)) {
                    leftovers.push_back({path / entry.name, put_aside_by(path, entry.name)});
                }
            }
        }
        return leftovers;
    }

private:
    std::set<fs::path> places_of_ours() const {
        std::set<fs::path> places{home_.path};
        for (const auto& [slot, directory] : view_.layout.directories) {
            if (slot.first == home_.name) {
                places.insert(directory.path);
            }
        }
        for (const Journal* journal : journals_) {
            for (const plan::Switch* step : journal->begin.plan.switches()) {
                if (plan::lies_in(plan::path_in_home(*step), home_.path)) {
                    places.insert(step->path.parent_path());
                    places.insert(step->target.parent_path());
                }
            }
        }
        return places;
    }

    bool is_accounted(const fs::path& directory, const std::string& name) const {
        const bool is_kept = std::ranges::any_of(home_.items, [&](const CaredItem& item) {
            return item.kept_original == directory / name;
        });
        return is_kept || is_displaced(directory, name) || home_.unfinished || home_.is_unsettled;
    }

    // What a repair has found at a target and kept.
    bool is_displaced(const fs::path& directory, const std::string& name) const {
        return std::ranges::any_of(journals_, [&](const Journal* journal) {
            const std::vector<const plan::Switch*> steps = journal->begin.plan.switches();
            return journal->is_in_force() &&
                   std::ranges::any_of(steps, [&](const plan::Switch* step) {
                       return step->displaces && step->target.parent_path() == directory &&
                              apply::open_places(fs_, *step, journal->begin.id, 0).displaced ==
                                  name;
                   });
        });
    }

    std::string put_aside_by(const fs::path& directory, const std::string& name) const {
        for (const Journal* journal : journals_) {
            for (const journal::SetAside& aside : journal->aside) {
                if (fs::path(aside.path) == directory / name) {
                    return journal->begin.id;
                }
            }
        }
        return "";
    }

    const HomeView& view_;
    const os::ReadFs& fs_;
    const CaredHome& home_;
    const std::vector<const Journal*>& journals_;
};

}  // namespace

std::vector<Leftover> leftovers_of(const HomeView& view, const CaredHome& home,
                                   const std::vector<const Journal*>& journals) {
    return LeftoverLook(view, home, journals).look();
}

}  // namespace rehome::care
