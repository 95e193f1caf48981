#include "scan/compat_links.hpp"

#include "journal/pointer.hpp"
#include "plan/place_checks.hpp"

#include <algorithm>
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
                                           .pointer = "",
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

    // A killed rollback leaves a relative link to a peer beside it, which leads to the target.
    fs::path text_of(const os::Location& at) const {
        const std::string text = fs_.read_link(at);
        const os::Location peer{at.directory, text};
        return text.starts_with(".rehome-peer-") && fs_.look(peer) ? fs_.read_link(peer) : text;
    }

    // Links of the user lead anywhere; ours lead into the directories of the layout, or of an
    // earlier one, which the pointer in the home is a sign of.
    bool is_place_of_ours(const fs::path& target, const std::string& item,
                          const fs::path& home) const {
        const std::string name = item.substr(0, item.find('/'));
        for (const auto& entry : layout_.directories) {
            if (rust::name_of(entry.first.first) == name &&
                plan::lies_in(target, entry.second.path)) {
                return true;
            }
        }
        const bool named_after_it =
            std::find(target.begin(), target.end(), fs::path(name)) != target.end();
        return named_after_it && fs_.look(home / journal::pointer_name).has_value();
    }

    void read_link(const os::Location& at, const std::string& item, const fs::path& home) {
        if (at.name.starts_with(".rehome")) {
            return;
        }
        const fs::path target = text_of(at);
        const bool named_alike =
            target.filename() == at.name || (at.name == "bin" && at.directory.path() == home);
        if (!target.is_absolute() || !named_alike || plan::lies_in(target, home) ||
            !is_place_of_ours(target, item, home)) {
            return;
        }
        const std::optional<os::FileInfo> info = fs_.look(target);
        const bool movable =
            info && (info->type == os::FileType::file || info->type == os::FileType::directory);
        if (!movable) {
            return;
        }
        const std::optional<os::FileInfo> parent = fs_.look_through(target.parent_path());
        const os::FileInfo home_info = fs_.look(at.directory);
        const bool renames =
            parent && parent->device == home_info.device && parent->mount_id == home_info.mount_id;
        plan_.steps.push_back(plan::Switch{.item = item,
                                           .path = at.path(),
                                           .target = target,
                                           .directory = info->type == os::FileType::directory,
                                           .regenerable = false,
                                           .identity = {info->device, info->inode},
                                           .replaces = std::nullopt,
                                           .way = renames ? plan::Way::rename : plan::Way::copy});
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
