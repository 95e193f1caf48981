#include "care/variables.hpp"

#include "layout/path_text.hpp"

#include <algorithm>

namespace rehome::care {

namespace {

using layout::Origin;

Effect effect_of_base(const os::Environment& environment, const layout::Layout& layout,
                      const std::string& name, const std::string& value) {
    if (!layout::is_absolute(environment.platform, value)) {
        return Effect::ignored;
    }
    const bool used = std::ranges::any_of(
        layout.directories, [&](const auto& entry) { return entry.second.detail == name; });
    return used ? Effect::in_force : Effect::unused;
}

Effect effect_of_slot(const layout::Directory& directory) {
    switch (directory.origin) {
        case Origin::variable: return Effect::in_force;
        case Origin::applied: return Effect::applied;
        default: return Effect::unused;
    }
}

}  // namespace

std::string_view name_of(Effect effect) {
    switch (effect) {
        case Effect::home: return "home";
        case Effect::applied: return "applied";
        case Effect::in_force: return "in_force";
        case Effect::unused: return "unused";
        case Effect::ignored: return "ignored";
        case Effect::told: break;
    }
    return "rustup";
}

std::vector<Variable> variables_of(const os::Environment& environment,
                                   const layout::Layout& layout) {
    std::vector<Variable> found;
    const auto add = [&](const std::string& name, const auto& effect) {
        if (const std::optional<std::string> value = environment.variable(name)) {
            found.push_back({name, *value, effect(*value)});
        }
    };
    for (const rust::HomeName home : rust::home_names) {
        add(std::string(rust::variable_of(home)), [](const std::string&) { return Effect::home; });
    }
    for (const auto& [slot, directory] : layout.directories) {
        const layout::Directory& named = directory;
        add(layout::variable_of(slot), [&](const std::string&) { return effect_of_slot(named); });
    }
    for (const char* name :
         {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) {
        add(name, [&](const std::string& value) {
            return effect_of_base(environment, layout, name, value);
        });
    }
    for (const char* name :
         {"RUSTUP_TOOLCHAIN", "RUSTUP_PERMIT_COPY_RENAME", "RUSTUP_USE_CATEGORY_HOME"}) {
        add(name, [](const std::string&) { return Effect::told; });
    }
    return found;
}

}  // namespace rehome::care
