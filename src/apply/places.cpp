#include "apply/places.hpp"

#include <fmt/format.h>

namespace rehome::apply {

namespace {

std::optional<os::Location> locate(const os::ReadFs& fs, const std::filesystem::path& path) {
    const std::optional<os::Directory> directory = fs.open_if_there(path.parent_path());
    if (!directory) {
        return std::nullopt;
    }
    return os::Location{*directory, path.filename().string()};
}

}  // namespace

bool Places::is_our_text(const std::string& text) const {
    return text == peer || is_path_by(text, real_home, step->target);
}

bool is_path_by(const std::string& text, const std::filesystem::path& directory,
                const std::filesystem::path& target) {
    if (text == target.native()) {
        return true;
    }
    const std::filesystem::path led = (directory / text).lexically_normal();
    return (led.has_filename() ? led : led.parent_path()) == target;
}

Places open_places(const os::ReadFs& fs, const plan::Switch& step, const std::string& id,
                   std::size_t number) {
    const std::optional<os::Location> home = locate(fs, step.path);
    return {.step = &step,
            .home = home,
            .real_home = home ? fs.real_path(home->directory) : step.path.parent_path(),
            .target = locate(fs, step.target),
            .peer = fmt::format(".rehome-peer-{}", number),
            .staging = fmt::format(".rehome-{}-{}", id, number),
            .aside = fmt::format(".rehome-{}-{}", id, step.path.filename().string()),
            .returning = fmt::format(".rehome-{}-{}-back", id, number),
            .displaced = fmt::format(".rehome-{}-{}", id, step.target.filename().string())};
}

os::Location beside(const os::Location& location, const std::string& name) {
    return {location.directory, name};
}

os::Location free_beside(const os::ReadFs& fs, const os::Location& location,
                         const std::string& name) {
    os::Location found = beside(location, name);
    for (int number = 2; fs.look(found); ++number) {
        found.name = fmt::format("{}.{}", name, number);
    }
    return found;
}

}  // namespace rehome::apply
