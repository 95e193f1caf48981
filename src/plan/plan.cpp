#include "plan/plan.hpp"

namespace rehome::plan {

bool Plan::changes_something() const {
    return !steps.empty();
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
