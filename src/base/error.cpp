#include "base/error.hpp"

#include <utility>

namespace rehome::base {

Error::Error(Kind kind, std::string message, std::optional<std::string> help)
    : kind_(kind), message_(std::move(message)), help_(std::move(help)) {}

void require(bool condition, const char* text) {
    if (!condition) {
        throw Error(Kind::bug, std::string("broken invariant: ") + text);
    }
}

}  // namespace rehome::base
