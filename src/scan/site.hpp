#pragma once

#include "os/environment.hpp"
#include "os/read_fs.hpp"
#include "plan/inventory.hpp"

#include <filesystem>
#include <map>
#include <vector>

namespace rehome::scan {

// Looks at directories and at who could swap what lies in them. Remembers what it has seen, so that
// targets with the same ancestors cost one look each.
class Surveyor {
public:
    Surveyor(const os::ReadFs& fs, const os::Environment& environment,
             const std::vector<os::Mount>& mounts);

    // The path need not exist; its nearest existing ancestor is looked at.
    plan::Site survey(const std::filesystem::path& path);

private:
    const plan::Ancestor& ancestor(const std::filesystem::path& path);

    const os::ReadFs& fs_;
    const os::Environment& environment_;
    const std::vector<os::Mount>& mounts_;
    std::map<std::filesystem::path, plan::Ancestor> ancestors_;
};

}  // namespace rehome::scan
