#pragma once

namespace rehome::base {

// Makes one visitor of several lambdas, so that std::visit fails to compile when a case is
// forgotten.
template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace rehome::base
