#include "scan/layers.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <string>

namespace rehome::scan {

namespace {

namespace fs = std::filesystem;

// An option that has the module's default is not shown in the list of mounts.
bool redirects_by_default(const os::ReadFs& read_fs) {
    return read_fs.read("/sys/module/overlay/parameters/redirect_dir")
        .value_or("")
        .starts_with('Y');
}

bool redirects(const os::ReadFs& read_fs, const os::Mount& mount) {
    const std::vector<std::string> values = mount.option_values("redirect_dir");
    return values.empty() ? redirects_by_default(read_fs) : values.front() == "on";
}

// Nothing if a layer's path cannot be told; such a path has escapes, or is relative to a directory
// that only the one who mounted it knows.
std::vector<fs::path> lower_layers(const os::Mount& mount) {
    std::vector<fs::path> layers;
    for (const char* option : {"lowerdir", "lowerdir+"}) {
        for (const std::string& value : mount.option_values(option)) {
            for (std::size_t begin = 0; begin <= value.size();) {
                const std::size_t end = std::min(value.find(':', begin), value.size());
                layers.emplace_back(value.substr(begin, end - begin));
                begin = end + 1;
            }
        }
    }
    return layers;
}

bool is_in_upper_layer_alone(const os::ReadFs& read_fs, const os::Mount& mount,
                             const fs::path& real) {
    const std::vector<std::string> upper = mount.option_values("upperdir");
    const std::vector<fs::path> lower = lower_layers(mount);
    const fs::path inside =
        (mount.root / real.lexically_relative(mount.point)).relative_path().lexically_normal();
    if (upper.size() != 1 || lower.empty() || inside.empty() || *inside.begin() == "..") {
        return false;
    }
    const bool told = std::ranges::all_of(lower, [&](const fs::path& layer) {
        return layer.is_absolute() && read_fs.look_through(layer).has_value();
    });
    return told && read_fs.look(fs::path(upper.front()) / inside).has_value() &&
           std::ranges::none_of(lower, [&](const fs::path& layer) {
               return read_fs.look(layer / inside).has_value();
           });
}

}  // namespace

bool may_be_in_lower_layer(const os::ReadFs& fs, const os::Mount& mount,
                           const std::filesystem::path& real) {
    if (mount.type != "overlay") {
        return false;
    }
    try {
        return !redirects(fs, mount) && !is_in_upper_layer_alone(fs, mount, real);
    } catch (const base::Error&) {
        return true;  // the layers are not for our eyes
    }
}

}  // namespace rehome::scan
