#include "scan/habits.hpp"

#include "rust/cargo_config.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace rehome::scan {

namespace {

// As rustup 1.27 and before made its proxies.
std::uint64_t hard_linked_proxies(const os::ReadFs& fs, const std::filesystem::path& bin) {
    const std::optional<os::FileInfo> rustup = fs.look(bin / "rustup");
    const std::optional<os::Directory> directory = fs.open_if_there(bin);
    if (!rustup || !directory || rustup->links < 2) {
        return 0;
    }
    std::uint64_t count = 0;
    for (const os::Entry& entry : fs.list(*directory)) {
        const std::optional<os::FileInfo> info = fs.look({*directory, entry.name});
        const bool same = info && info->inode == rustup->inode;
        count += same && entry.name != "rustup" ? 1 : 0;
    }
    return count;
}

}  // namespace

void look_at_habits(const os::ReadFs& fs, const std::filesystem::path& user_home,
                    plan::Home& home) {
    for (const char* config : {"config", "config.toml"}) {
        const std::optional<os::FileInfo> info = fs.look_through(home.path / config);
        if (info && info->type == os::FileType::file) {
            std::ranges::move(rust::included_files(fs.read(home.path / config).value_or("")),
                              std::back_inserter(home.included));
        }
    }
    if (fs.look(home.path / "bin" / "cross")) {
        home.follows.emplace_back("cross");
    }
    if (const auto apps = fs.open_if_there(user_home / ".var/app"); apps && !fs.is_empty(*apps)) {
        home.follows.emplace_back("flatpak");
    }
    home.hard_linked_proxies = hard_linked_proxies(fs, home.path / "bin");
}

}  // namespace rehome::scan
