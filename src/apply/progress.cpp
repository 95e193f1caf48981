#include "apply/progress.hpp"

#include <utility>

namespace rehome::apply {

void Progress::begin(std::string verb, std::string item, std::uint64_t files, std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    state_.verb = std::move(verb);
    state_.item = std::move(item);
    state_.all_files = files;
    state_.all_bytes = bytes;
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
