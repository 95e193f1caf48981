#include "plan/legacy_home.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::plan {

namespace {

constexpr std::array<std::string_view, 2> names{"keep", "link"};

rules::Rule make_rule(rust::HomeName name) {
    rules::Rule rule;
    rule.item = item_of_home(name);
    rule.kind = rules::ItemKind::directory;
    rule.category = rules::Category::data;
    rule.about = "the home itself";
    rule.why = "the home becomes its data directory, and its old path a link to it";
    return rule;
}

}  // namespace

std::string_view name_of(LegacyHome legacy) {
    return names[static_cast<std::size_t>(legacy)];
}

std::optional<LegacyHome> legacy_home_named(std::string_view name) {
    for (const LegacyHome legacy : {LegacyHome::keep, LegacyHome::link}) {
        if (name_of(legacy) == name) {
            return legacy;
        }
    }
    return std::nullopt;
}

std::string item_of_home(rust::HomeName name) {
    return fmt::format("{}/.", rust::name_of(name));
}

bool is_home_item(std::string_view item) {
    return item.ends_with("/.");
}

const rules::Rule& rule_of_home(rust::HomeName name) {
    static const rules::Rule cargo = make_rule(rust::HomeName::cargo);
    static const rules::Rule rustup = make_rule(rust::HomeName::rustup);
    return name == rust::HomeName::cargo ? cargo : rustup;
}

}  // namespace rehome::plan
