#include "scan/inner_links.hpp"

#include <optional>
#include <string>

namespace rehome::scan {

os::FileType type_of(const os::ReadFs& fs, const os::Directory& directory, const os::Entry& entry) {
    if (entry.type != os::FileType::other) {
        return entry.type;
    }
    const std::optional<os::FileInfo> info = fs.look({directory, entry.name});
    return info ? info->type : os::FileType::other;
}

std::vector<plan::InnerLink> inner_links(const os::ReadFs& fs, const std::filesystem::path& path) {
    std::vector<plan::InnerLink> links;
    const std::optional<os::Directory> directory = fs.open_if_there(path);
    if (!directory) {
        return links;
    }
    const std::filesystem::path real = fs.real_path(path);
    for (const os::Entry& entry : fs.list(*directory)) {
        if (type_of(fs, *directory, entry) == os::FileType::symlink) {
            const std::string text = fs.read_link({*directory, entry.name});
            links.push_back({.path = path / entry.name,
                             .text = text,
                             .leads_to = (real / text).lexically_normal()});
        }
    }
    return links;
}

}  // namespace rehome::scan
