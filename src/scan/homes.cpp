#include "scan/homes.hpp"

#include "journal/pointer.hpp"
#include "scan/habits.hpp"
#include "scan/past.hpp"

#include <optional>

namespace rehome::scan {

plan::Home look_at_home(const os::ReadFs& fs, Surveyor& surveyor, const ScanInput& input,
                        const layout::Layout& layout, rust::HomeName name) {
    plan::Home home;
    home.name = name;
    home.path = layout.homes.at(name).path;
    home.past = past_of(input.journals, home.path);
    if (const auto pointer = journal::read_pointer(fs, home.path)) {
        home.past.pointer = pointer->id;
    }
    const std::optional<os::FileInfo> info = fs.look(home.path);
    home.exists =
        info.has_value() && (input.request.homes.empty() || input.request.homes.contains(name));
    if (!home.exists) {
        return home;
    }
    home.is_link = info->type == os::FileType::symlink;
    const std::optional<os::FileInfo> real = fs.look_through(home.path);
    if (!real) {
        home.problem = plan::HomeProblem::dangling;
    } else if (real->type != os::FileType::directory) {
        home.problem = plan::HomeProblem::is_file;
    } else if (home.is_link && real->user != input.environment.user) {
        home.problem = plan::HomeProblem::foreign_link;
    } else if (!fs.may_read(home.path)) {
        home.problem = plan::HomeProblem::unreadable;
    } else {
        home.site = surveyor.survey(home.path);
        if (name == rust::HomeName::cargo) {
            look_at_habits(fs, layout.home, home);
        }
    }
    return home;
}

}  // namespace rehome::scan
