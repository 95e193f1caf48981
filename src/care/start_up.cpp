#include "care/start_up.hpp"

#include "rust/home_name.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> env_files{
    "env", "env.fish", "env.nu", "env.tcsh", "env.ps1", "env.xsh"};

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return "";
    }
    return text.substr(begin, text.find_last_not_of(" \t\r;") + 1 - begin);
}

std::set<fs::path> start_up_files(const os::Environment& environment,
                                  const layout::Layout& layout) {
    const fs::path home = layout.home;
    const fs::path config =
        environment.variable("XDG_CONFIG_HOME").value_or((home / ".config").string());
    const fs::path zsh = environment.variable("ZDOTDIR").value_or(home.string());
    return {home / ".profile",
            home / ".bash_profile",
            home / ".bash_login",
            home / ".bashrc",
            home / ".zshenv",
            zsh / ".zshenv",
            zsh / ".zprofile",
            config / "fish/conf.d/rustup.fish",
            config / "nushell/config.nu",
            home / ".tcshrc",
            home / ".cshrc",
            home / ".config/powershell/profile.ps1",
            config / "xonsh/rc.xsh"};
}

}  // namespace

std::string sourced_by(std::string_view line, const std::string& home,
                       const std::string& cargo_home) {
    line = trimmed(line);
    for (const std::string_view word : {". ", "source "}) {
        if (!line.starts_with(word)) {
            continue;
        }
        std::string path(trimmed(line.substr(word.size())));
        if (path.size() > 1 && (path.front() == '"' || path.front() == '\'') &&
            path.back() == path.front()) {
            path = path.substr(1, path.size() - 2);
        }
        const std::array<std::pair<std::string_view, std::string>, 5> words{
            {{"${CARGO_HOME}", cargo_home},
             {"$CARGO_HOME", cargo_home},
             {"${HOME}", home},
             {"$HOME", home},
             {"~", home}}};
        for (const auto& [name, meaning] : words) {
            if (path.starts_with(std::string(name) + "/")) {
                path.replace(0, name.size(), meaning);
                break;
            }
        }
        const bool is_plain = path.find_first_of("$`\"'") == std::string::npos;
        const bool is_env =
            std::ranges::find(env_files, fs::path(path).filename().string()) != env_files.end();
        return path.starts_with('/') && is_plain && is_env ? path : "";
    }
    return "";
}

std::vector<SourcedFile> sourced_files(const os::ReadFs& fs, const os::Environment& environment,
                                       const layout::Layout& layout) {
    const std::string cargo_home = layout.homes.at(rust::HomeName::cargo).path;
    const fs::path old_home = fs::path(layout.home) / rust::directory_of(rust::HomeName::cargo);
    std::vector<SourcedFile> found;
    for (const fs::path& file : start_up_files(environment, layout)) {
        const std::optional<os::FileInfo> info = fs.look_through(file);
        if (!info || info->type != os::FileType::file) {
            continue;
        }
        const std::string text = fs.read(file).value_or("");
        std::size_t number = 0;
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            const fs::path wants = sourced_by(
                std::string_view(text).substr(begin, end - begin), layout.home, cargo_home);
            begin = end + 1;
            ++number;
            if (wants.parent_path() == cargo_home || wants.parent_path() == old_home) {
                found.push_back({file, number, wants, fs.look_through(wants).has_value()});
            }
        }
    }
    return found;
}

}  // namespace rehome::care
