#include "shell/rc_places.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace rehome::shell {

namespace {

namespace stdfs = std::filesystem;

// By the names of their programs. Yash reads no .profile.
constexpr auto programs = std::to_array<std::pair<std::string_view, Shell>>({
    {"ash", Shell::posix},
    {"bash", Shell::bash},
    {"busybox", Shell::posix},
    {"csh", Shell::tcsh},
    {"dash", Shell::posix},
    {"fish", Shell::fish},
    {"ksh", Shell::posix},
    {"ksh93", Shell::posix},
    {"mksh", Shell::posix},
    {"nu", Shell::nushell},
    {"pwsh", Shell::powershell},
    {"rbash", Shell::bash},
    {"sh", Shell::posix},
    {"tcsh", Shell::tcsh},
    {"xonsh", Shell::xonsh},
    {"zsh", Shell::zsh},
});

// posix is first: a .bash_profile is often a link to .profile, and bash understands its lines.
constexpr std::array all_shells{Shell::posix,
                                Shell::bash,
                                Shell::zsh,
                                Shell::fish,
                                Shell::tcsh,
                                Shell::xonsh,
                                Shell::powershell,
                                Shell::nushell};

class Finder {
public:
    explicit Finder(const os::Environment& environment) : environment_(environment) {
        const std::optional<stdfs::path> home = absolute("HOME");
        if (!home) {
            throw base::Error(base::Kind::usage,
                              "HOME is not set to an absolute path, so no start-up file is known",
                              "set HOME to your home directory");
        }
        home_ = *home;
    }

    [[nodiscard]] std::optional<stdfs::path> absolute(std::string_view variable) const {
        const std::optional<std::string> text = environment_.variable(variable);
        return text && stdfs::path(*text).is_absolute() ? std::optional<stdfs::path>(*text)
                                                        : std::nullopt;
    }

    [[nodiscard]] bool is_login_shell(Shell shell) const {
        const std::string name =
            stdfs::path(environment_.variable("SHELL").value_or("")).filename().string();
        return std::ranges::any_of(programs, [&](const auto& program) {
            return program.first == name && program.second == shell;
        });
    }

    // All that this shell may read its lines from; those of the variables first.
    [[nodiscard]] std::vector<stdfs::path> all(Shell shell) const {
        switch (shell) {
            case Shell::posix: return {home_ / ".profile"};
            case Shell::bash:
                return {home_ / ".bash_profile",
                        home_ / ".bash_login",
                        home_ / ".bashrc",
                        home_ / ".profile"};
            case Shell::zsh: return below(absolute("ZDOTDIR"), home_, ".zshenv");
            case Shell::fish: return in_config("fish/conf.d/rehome.fish");
            case Shell::tcsh: return {home_ / ".tcshrc", home_ / ".cshrc"};
            case Shell::xonsh: return in_config("xonsh/rc.xsh");
            case Shell::powershell: return in_config("powershell/profile.ps1");
            case Shell::nushell: return in_config("nushell/config.nu");
        }
        return {};
    }

    // Files that only a user of the shell has.
    [[nodiscard]] std::vector<stdfs::path> signs(Shell shell) const {
        std::vector<stdfs::path> paths = all(shell);
        switch (shell) {
            case Shell::bash: paths.pop_back(); break;
            case Shell::zsh:
                for (const char* name : {".zprofile", ".zshrc", ".zlogin"}) {
                    paths.push_back(paths.front().parent_path() / name);
                }
                break;
            case Shell::fish: paths.push_back(paths.front().parent_path().parent_path()); break;
            case Shell::xonsh: paths.push_back(home_ / ".xonshrc"); break;
            default: break;
        }
        return paths;
    }

    [[nodiscard]] std::vector<stdfs::path> to_install(const os::ReadFs& fs, Shell shell) const {
        const std::vector<stdfs::path> paths = all(shell);
        if (shell == Shell::bash) {
            return to_install_bash(fs);
        }
        if (shell == Shell::tcsh && !fs.look(paths.front()) && fs.look(paths.back())) {
            return {paths.back()};
        }
        return {paths.front()};
    }

private:
    // An interactive shell reads .bashrc, one that logs in the first of the three others.
    [[nodiscard]] std::vector<stdfs::path> to_install_bash(const os::ReadFs& fs) const {
        std::vector<stdfs::path> paths{home_ / ".bashrc"};
        for (const char* name : {".bash_profile", ".bash_login"}) {
            if (fs.look(home_ / name)) {
                paths.push_back(home_ / name);
            }
        }
        if (paths.size() == 1) {
            paths.push_back(home_ / ".profile");
        }
        return paths;
    }

    [[nodiscard]] std::vector<stdfs::path> in_config(std::string_view name) const {
        return below(absolute("XDG_CONFIG_HOME"), home_ / ".config", name);
    }

    static std::vector<stdfs::path> below(const std::optional<stdfs::path>& wish,
                                          const stdfs::path& usual, std::string_view name) {
        std::vector<stdfs::path> paths;
        if (wish) {
            paths.push_back(*wish / name);
        }
        if (wish != usual) {
            paths.push_back(usual / name);
        }
        return paths;
    }

    const os::Environment& environment_;
    stdfs::path home_;
};

// A file is named once; .profile is read by more than bash.
void add(std::vector<RcPlace>& places, const RcPlace& place) {
    const RcPlace one{place.path.filename() == ".profile" ? Shell::posix : place.shell, place.path};
    if (std::ranges::find(places, one.path, &RcPlace::path) == places.end()) {
        places.push_back(one);
    }
}

}  // namespace

std::vector<RcPlace> places_to_install(const os::ReadFs& fs, const os::Environment& environment,
                                       const std::set<Shell>& named) {
    const Finder finder(environment);
    std::vector<RcPlace> places;
    for (const Shell shell : all_shells) {
        const bool counts = named.empty()
                                ? finder.is_login_shell(shell) ||
                                      std::ranges::any_of(finder.signs(shell),
                                                          [&](const stdfs::path& path) {
                                                              return fs.look(path).has_value();
                                                          })
                                : named.contains(shell);
        if (counts) {
            for (const stdfs::path& path : finder.to_install(fs, shell)) {
                add(places, {shell, path});
            }
        }
    }
    std::stable_partition(
        places.begin(), places.end(), [](const RcPlace& one) { return one.shell == Shell::posix; });
    return places;
}

std::vector<RcPlace> places_to_uninstall(const os::Environment& environment,
                                         const std::set<Shell>& named) {
    const Finder finder(environment);
    std::vector<RcPlace> places;
    for (const Shell shell : all_shells) {
        if (named.empty() || named.contains(shell)) {
            for (const stdfs::path& path : finder.all(shell)) {
                add(places, {shell, path});
            }
        }
    }
    return places;
}

}  // namespace rehome::shell
