#include "scan/site.hpp"

#include "os/account.hpp"

#include <algorithm>

namespace rehome::scan {

Surveyor::Surveyor(const os::ReadFs& fs, const os::Environment& environment,
                   const std::vector<os::Mount>& mounts)
    : fs_(fs), environment_(environment), mounts_(mounts) {}

const plan::Ancestor& Surveyor::ancestor(const std::filesystem::path& path) {
    const auto [place, is_new] = ancestors_.try_emplace(path);
    if (is_new) {
        const os::FileInfo info = fs_.look(path).value_or(os::FileInfo{});
        place->second = {path, info.user, info.mode, false};
        if ((info.mode & 0020U) != 0 && info.group == environment_.group) {
            place->second.private_group = os::is_private_group(info.group, environment_.user);
        }
    }
    return place->second;
}

plan::Site Surveyor::survey(const std::filesystem::path& path) {
    plan::Site site;
    site.path = path;
    site.existing = path;
    while (!fs_.look(site.existing) && site.existing.has_relative_path()) {
        site.existing = site.existing.parent_path();
    }
    const std::optional<os::FileInfo> info = fs_.look_through(site.existing);
    site.is_directory = info && info->type == os::FileType::directory;
    if (!site.is_directory) {
        site.real = site.existing;
        site.info = info.value_or(os::FileInfo{});
        return site;
    }
    site.info = *info;
    site.real = fs_.real_path(site.existing);
    site.writable = fs_.may_write(site.existing);
    site.capacity = fs_.capacity(site.existing);
    const auto mount = std::ranges::find(mounts_, site.info.mount_id, &os::Mount::id);
    if (mount != mounts_.end()) {
        site.mount = *mount;
    }
    site.ignores_case = os::ignores_case(site.mount) || fs_.folds_case(site.real);
    std::filesystem::path prefix;
    for (const std::filesystem::path& part : site.real) {
        prefix /= part;
        site.ancestors.push_back(ancestor(prefix));
    }
    return site;
}

}  // namespace rehome::scan
