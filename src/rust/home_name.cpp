#include "rust/home_name.hpp"

namespace rehome::rust {

std::string_view name_of(HomeName home) {
    return home == HomeName::cargo ? "cargo" : "rustup";
}

std::optional<HomeName> home_named(std::string_view name) {
    for (const HomeName home : home_names) {
        if (name_of(home) == name) {
            return home;
        }
    }
    return std::nullopt;
}

std::string_view variable_of(HomeName home) {
    return home == HomeName::cargo ? "CARGO_HOME" : "RUSTUP_HOME";
}

std::string_view directory_of(HomeName home) {
    return home == HomeName::cargo ? ".cargo" : ".rustup";
}

}  // namespace rehome::rust
