#include "real/place.hpp"

#include <fmt/format.h>

namespace rehome::real {
namespace {

using support::Filesystem;
using support::Mounted;

Filesystem filesystem_of(TargetsLieOn where) {
    switch (where) {
        case TargetsLieOn::ext4: return Filesystem::ext4;
        case TargetsLieOn::xfs: return Filesystem::xfs;
        case TargetsLieOn::btrfs: return Filesystem::btrfs;
        case TargetsLieOn::tmpfs:
        case TargetsLieOn::same_filesystem: break;
    }
    return Filesystem::tmpfs;
}

}  // namespace

Place::Place(TargetsLieOn where) : where_(where) {
    if (where == TargetsLieOn::same_filesystem) {
        directory_.emplace();
    } else {
        mounted_.emplace(filesystem_of(where), support::MountOptions{.megabytes = 2048});
    }
}

const std::filesystem::path& Place::path() const {
    return mounted_ ? mounted_->path() : directory_->path();
}

std::vector<std::string> Place::flags() const {
    std::vector<std::string> flags = {
        "--cache-dir", (path() / "cache").string(), "--data-dir", (path() / "data").string()};
    if (where_ == TargetsLieOn::tmpfs) {
        flags.emplace_back("--allow-volatile");
    }
    return flags;
}

std::vector<std::string> Place::migrate() const {
    std::vector<std::string> arguments = flags();
    arguments.insert(arguments.begin(), {"migrate", "--apply", "--yes"});
    return arguments;
}

std::unique_ptr<Place> place_or_skip(TargetsLieOn where) {
    try {
        return std::make_unique<Place>(where);
    } catch (const support::CannotMount& reason) {
        fmt::print("SKIPPED: {}\n", reason.what());
        return nullptr;
    }
}

}  // namespace rehome::real
