// Members of devcontainer.json, which may hold comments. The homes and all that their links lead
// into are mounted where they are outside: elsewhere the links would dangle.

#include "base/json.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace rehome::shell {

namespace {

namespace json = base::json;

constexpr std::string_view header =
    R"(// Made by `rehome print-env devcontainer`. Put these members into devcontainer.json and
// rebuild the container. The links in the homes are absolute: all is mounted at its path outside.
)";

// Those that lie below none of the others.
std::set<std::string> outermost(const Snippet& snippet) {
    std::set<std::string> paths;
    for (const Variable& home : snippet.homes) {
        paths.insert(home.value);
    }
    for (const Place& place : snippet.places) {
        paths.insert(place.path);
    }
    std::set<std::string> result;
    for (const std::string& path : paths) {
        const auto is_above = [&](const std::string& other) {
            return path.starts_with(other + "/");
        };
        if (std::ranges::none_of(paths, is_above)) {
            result.insert(path);
        }
    }
    return result;
}

std::string write(const Snippet& snippet) {
    const Limits limits{.form = "devcontainer", .forbidden = {"${"}, .control = Control::allowed};
    // Docker reads a mount as a line of CSV, other tools split it at its commas.
    const Limits mount_limits{.form = limits.form, .forbidden = {"${", ",", "\""}, .trims = true};
    // Inside, HOME is another, and the image may have homes of its own.
    std::vector<Variable> all = snippet.homes;
    all.insert(all.end(), snippet.variables.begin(), snippet.variables.end());
    json::object variables;
    for (const Variable& variable : all) {
        variables[variable.name] = within(limits, variable.name, variable.value);
    }
    json::object document{{"containerEnv", variables}};
    if (const std::string path = path_within(limits, snippet); !path.empty()) {
        document["remoteEnv"] = json::object{{"PATH", path + ":${containerEnv:PATH}"}};
    }
    json::array mounts;
    for (const std::string& path : outermost(snippet)) {
        mounts.emplace_back(
            fmt::format("type=bind,source={0},target={0}", within(mount_limits, "mounts", path)));
    }
    document["mounts"] = mounts;
    return std::string(header) + note_lines("//", snippet.notes) + base::pretty_json(document);
}

}  // namespace

Form devcontainer_form() {
    return {.name = "devcontainer",
            .about = "devcontainer.json: variables, and mounts at the same paths",
            .write = write};
}

}  // namespace rehome::shell
