#include "apply/progress.hpp"

#include <utility>

namespace rehome::apply {

void Progress::begin(State state) {
    const std::lock_guard guard(mutex_);
    state_ = std::move(state);
    done_.files = 0;
    done_.bytes = 0;
}

Progress::State Progress::state() const {
    const std::lock_guard guard(mutex_);
    State state = state_;
    state.files = done_.files;
    state.bytes = done_.bytes;
    return state;
}

}  // namespace rehome::apply
