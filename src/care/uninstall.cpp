#include "care/uninstall.hpp"

#include "care/path_words.hpp"
#include "plan/place_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> own_names{"rustup",
                                                     "rustc",
                                                     "rustdoc",
                                                     "cargo",
                                                     "rust-lldb",
                                                     "rust-gdb",
                                                     "rust-gdbgui",
                                                     "rls",
                                                     "cargo-clippy",
                                                     "clippy-driver",
                                                     "cargo-miri",
                                                     "rust-analyzer",
                                                     "rustfmt",
                                                     "cargo-fmt"};

constexpr rust::Version rustup_that_follows_links{1, 30, 0};

class UninstallLook {
public:
    UninstallLook(const os::ReadFs& read_fs, const Survey& survey)
        : fs_(read_fs), survey_(survey), cargo_home_(survey.home(rust::HomeName::cargo).path) {}

    Uninstall look() {
        found_.is_installed = fs_.look_through(cargo_home_ / "bin/rustup").has_value();
        found_.rustup = survey_.rustup;
        if (!found_.is_installed) {
            return std::move(found_);
        }
        const std::optional<os::FileInfo> bin = fs_.look(cargo_home_ / "bin");
        bin_is_link_ = bin && bin->type == os::FileType::symlink;
        found_.stops_at_bin = is_new() && bin_is_link_;
        for (const CaredHome& home : survey_.homes) {
            const bool is_cargo = home.name == rust::HomeName::cargo;
            if (home.kind == HomeKind::directory || (home.kind == HomeKind::link && is_cargo)) {
                look_at_names(home);
            }
            if (home.kind == HomeKind::link) {
                found_.orphaned.push_back(fs_.real_path(home.path));
            }
            look_at_items(home);
        }
        if (!is_new()) {
            look_at_bin();
        }
        if (bin_is_link_ && !is_item(cargo_home_ / "bin")) {
            look_behind_link_of_user();
        }
        give_order();
        return std::move(found_);
    }

private:
    bool is_new() const { return survey_.rustup && *survey_.rustup >= rustup_that_follows_links; }

    // Of a home that is a link, only the link goes; but what CARGO_HOME holds is deleted by name
    // before that.
    void look_at_names(const CaredHome& home) {
        for (const os::Entry& entry : fs_.list(fs_.open(home.path))) {
            const fs::path path = home.path / entry.name;
            const std::optional<os::FileInfo> info = fs_.look(path);
            const bool is_bin = path == cargo_home_ / "bin";
            const bool stays = found_.stops_at_bin && home.name == rust::HomeName::cargo;
            if (info && info->type != os::FileType::symlink && !is_bin && !stays &&
                !entry.name.starts_with(journal::pointer_name)) {
                found_.deleted.push_back(path);
            }
        }
    }

    void look_at_items(const CaredHome& home) {
        for (const CaredItem& item : home.items) {
            if (plan::is_home_item(item.item)) {
                continue;  // told of the home
            }
            const bool is_there = fs_.look(item.target).has_value();
            const bool is_uninstalled = is_new() && item.item == "rustup/toolchains";
            const bool keeps_link = found_.stops_at_bin && home.name == rust::HomeName::cargo;
            if (item.target.empty() || !is_there || item.standing == Standing::in_place ||
                item.standing == Standing::conflict || keeps_link) {
                continue;
            }
            if (is_uninstalled) {
                found_.deleted.push_back(item.target);
            } else if (!plan::lies_in(item.target, home.path)) {
                found_.orphaned.push_back(item.target);
            }
        }
    }

    void look_at_bin() {
        const std::optional<os::Directory> bin = fs_.open_if_there(cargo_home_ / "bin");
        for (const os::Entry& entry : bin ? fs_.list(*bin) : std::vector<os::Entry>{}) {
            if (!is_of_rustup(entry.name)) {
                found_.programs.push_back(cargo_home_ / "bin" / entry.name);
            }
        }
        found_.programs_are_elsewhere = bin_is_link_ && !found_.programs.empty();
    }

    bool is_item(const fs::path& path) const {
        return std::ranges::any_of(survey_.homes, [&](const CaredHome& home) {
            return std::ranges::find(home.items, path, &CaredItem::path) != home.items.end();
        });
    }

    // rustup deletes none of its own names there. They come home first; what others have put there
    // stays where it is.
    void look_behind_link_of_user() {
        const fs::path bin = cargo_home_ / "bin";
        const fs::path real = fs_.real_path(bin);
        const std::optional<os::FileInfo> rustup = fs_.look_through(real / "rustup");
        const auto word = [&](const fs::path& path) {
            return shell_word(path, survey_.layout.home);
        };
        std::string moving = fmt::format("rm {0} && mkdir {0} && mv -nt {0}", word(bin));
        for (const std::string_view name : own_names) {
            const std::optional<os::FileInfo> info = fs_.look_through(real / name);
            if (!info) {
                continue;
            }
            if (!is_new()) {
                found_.orphaned.push_back(real / name);
            }
            if (rustup && info->device == rustup->device && info->inode == rustup->inode) {
                moving += " " + word(real / name);
            }
        }
        found_.order.push_back(moving);
    }

    void give_order() {
        for (const std::string& id : survey_.unfinished) {
            found_.order.push_back("rehome rollback " + id);
        }
        for (const std::string& id : survey_.in_force) {
            found_.order.push_back("rehome rollback " + id);
        }
        const bool is_split = std::ranges::any_of(
            survey_.homes, [](const CaredHome& home) { return home.is_only_links; });
        if (is_split && survey_.unfinished.empty() && survey_.in_force.empty()) {
            found_.order.emplace_back("rehome rollback");
        }
        found_.order.emplace_back("rustup self uninstall");
    }

    const os::ReadFs& fs_;
    const Survey& survey_;
    fs::path cargo_home_;
    bool bin_is_link_ = false;
    Uninstall found_;
};

}  // namespace

bool is_of_rustup(std::string_view name) {
    return std::ranges::find(own_names, name) != own_names.end();
}

Uninstall look_at_uninstall(const os::ReadFs& fs, const Survey& survey) {
    return UninstallLook(fs, survey).look();
}

}  // namespace rehome::care
