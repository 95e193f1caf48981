#include "plan/plan.hpp"

#include <algorithm>

namespace rehome::plan {

bool Plan::changes_something() const {
    return !steps.empty();
}

bool Plan::is_repair() const {
    const std::vector<const Switch*> moves = switches();
    // A link at an old path; links to programs lie in a directory of their own.
    const auto is_compat_link = [&](const Step& step) {
        const auto* link = std::get_if<MakeLink>(&step);
        return link != nullptr && link->path.parent_path() != request.program_links;
    };
    const auto is_link = [](const Step& step) {
        return std::holds_alternative<MakeLink>(step) || std::holds_alternative<RemoveLink>(step);
    };
    const bool prepares_alone = moves.empty() && changes_something();
    return (prepares_alone && std::ranges::none_of(steps, is_link)) ||
           std::ranges::any_of(steps, is_compat_link) ||
           std::ranges::any_of(moves, &Switch::displaces);
}

std::vector<const Switch*> Plan::switches() const {
    std::vector<const Switch*> found;
    for (const Step& step : steps) {
        if (const auto* one = std::get_if<Switch>(&step)) {
            found.push_back(one);
        }
    }
    return found;
}

bool Plan::has_items_that_move_on() const {
    return std::ranges::any_of(switches(), [](const Switch* step) { return moves_on(*step); });
}

}  // namespace rehome::plan
