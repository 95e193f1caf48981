#include "plan/plan.hpp"

#include <algorithm>

namespace rehome::plan {

bool Plan::changes_something() const {
    return !steps.empty();
}

bool Plan::is_repair() const {
    const std::vector<const Switch*> moves = switches();
    const auto is_link = [](const Step& step) { return std::holds_alternative<MakeLink>(step); };
    return (moves.empty() && changes_something()) || std::ranges::any_of(steps, is_link) ||
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

}  // namespace rehome::plan
