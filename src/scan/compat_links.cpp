#include "scan/compat_links.hpp"

#include "plan/place_checks.hpp"

#include <optional>

namespace rehome::scan {

namespace {

namespace fs = std::filesystem;

class LinkReader {
public:
    LinkReader(const os::ReadFs& read_fs, const layout::Layout& layout)
        : fs_(read_fs), layout_(layout) {
        plan_.version = REHOME_VERSION;
    }

    plan::Plan read() {
        for (const rust::HomeName name : rust::home_names) {
            const fs::path home = layout_.homes.at(name).path;
            if (const std::optional<os::Directory> directory = fs_.open_if_there(home)) {
                const std::size_t before = plan_.steps.size();
                read_directory(*directory, std::string(rust::name_of(name)) + "/", home, 1);
                if (plan_.steps.size() > before) {
                    plan_.homes.push_back({.name = name,
                                           .path = home,
                                           .mode = fs_.look(*directory).mode,
                                           .previous = "",
                                           .previous_journal = {}});
                }
            }
        }
        return std::move(plan_);
    }

private:
    void read_directory(const os::Directory& directory, const std::string& prefix,
                        const fs::path& home, int depth) {
        for (const os::Entry& entry : fs_.list(directory)) {
            const os::Location at{directory, entry.name};
            if (entry.type == os::FileType::symlink) {
                read_link(at, prefix + entry.name, home);
            } else if (entry.type == os::FileType::directory && depth == 1 && entry.name != "bin" &&
                       entry.name != "toolchains") {
                read_directory(fs_.open(at.path()), prefix + entry.name + "/", home, depth + 1);
            }
        }
    }

    void read_link(const os::Location& at, const std::string& item, const fs::path& home) {
        const fs::path target = fs_.read_link(at);
        const bool named_alike =
            target.filename() == at.name || (at.name == "bin" && at.directory.path() == home);
        if (!target.is_absolute() || !named_alike || plan::lies_in(target, home) ||
            at.name.starts_with(".rehome")) {
            return;
        }
        const std::optional<os::FileInfo> info = fs_.look(target);
        if (!info || (info->type != os::FileType::file && info->type != os::FileType::directory)) {
            return;
        }
        plan_.steps.push_back(plan::Switch{.item = item,
                                           .path = at.path(),
                                           .target = target,
                                           .directory = info->type == os::FileType::directory,
                                           .regenerable = false,
                                           .identity = {info->device, info->inode},
                                           .replaces = std::nullopt});
    }

    const os::ReadFs& fs_;
    const layout::Layout& layout_;
    plan::Plan plan_;
};

}  // namespace

plan::Plan plan_from_links(const os::ReadFs& fs, const layout::Layout& layout) {
    return LinkReader(fs, layout).read();
}

}  // namespace rehome::scan
