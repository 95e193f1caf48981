#include "care/programs.hpp"

#include "base/toml.hpp"

#include <string_view>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> directories_of(const os::Environment& environment) {
    std::vector<std::string> directories;
    const std::string path = environment.variable("PATH").value_or("");
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        directories.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return directories;
}

class ProgramFinder {
public:
    ProgramFinder(const os::ReadFs& read_fs, const os::Environment& environment,
                  fs::path rustup_home)
        : fs_(read_fs), environment_(environment), rustup_home_(std::move(rustup_home)) {}

    std::optional<Program> find(const std::string& name) const {
        for (const std::string& directory : directories_of(environment_)) {
            const fs::path path = fs::path(directory) / name;
            if (!path.is_absolute() || !is_program(path)) {
                continue;
            }
            Program program{.name = name, .path = path};
            program.is_proxy = name != "rustup" && is_same(path, fs::path(directory) / "rustup");
            if (program.is_proxy) {
                program.toolchain = toolchain();
            }
            const fs::path asked =
                program.is_proxy ? rustup_home_ / "toolchains" / program.toolchain / "bin" / name
                                 : path;
            if (!program.is_proxy || !program.toolchain.empty()) {
                program.version = version(asked);
            }
            return program;
        }
        return std::nullopt;
    }

    // Of a file that the caller or root owns.
    std::optional<rust::Version> version(const fs::path& path) const {
        const std::optional<os::FileInfo> info = fs_.look_through(path);
        const bool trusted = info && info->type == os::FileType::file &&
                             (info->user == environment_.user || info->user == 0);
        return trusted ? rust::version_of_program(path) : std::nullopt;
    }

    std::vector<std::string> toolchains() const {
        std::vector<std::string> names;
        if (const auto directory = fs_.open_if_there(rustup_home_ / "toolchains")) {
            for (const os::Entry& entry : fs_.list(*directory)) {
                names.push_back(entry.name);
            }
        }
        return names;
    }

private:
    bool is_program(const fs::path& path) const {
        const std::optional<os::FileInfo> info = fs_.look_through(path);
        return info && info->type == os::FileType::file && (info->mode & 0111U) != 0;
    }

    // rustup's proxies are links to it, or hard links of it.
    bool is_same(const fs::path& one, const fs::path& other) const {
        const std::optional<os::FileInfo> first = fs_.look_through(one);
        const std::optional<os::FileInfo> second = fs_.look_through(other);
        return first && second && first->device == second->device && first->inode == second->inode;
    }

    // The full name of it: the variable, or settings of old, may have "stable".
    std::string toolchain() const {
        const std::string wanted =
            environment_.variable("RUSTUP_TOOLCHAIN")
                .value_or(default_toolchain(
                    fs_.read(rustup_home_ / "settings.toml").value_or(std::string())));
        std::string longer;
        for (const std::string& name : toolchains()) {
            if (name == wanted) {
                return name;
            }
            if (!wanted.empty() && name.starts_with(wanted + "-")) {
                longer = name;
            }
        }
        return longer;
    }

    const os::ReadFs& fs_;
    const os::Environment& environment_;
    fs::path rustup_home_;
};

}  // namespace

std::string default_toolchain(std::string_view settings) {
    try {
        const toml::table table = toml::parse(settings);
        return table["default_toolchain"].value_or(std::string());
    } catch (const toml::parse_error&) {
        return "";
    }
}

std::vector<Program> programs_in_path(const os::ReadFs& fs, const os::Environment& environment,
                                      const std::filesystem::path& rustup_home) {
    const ProgramFinder finder(fs, environment, rustup_home);
    std::vector<Program> programs;
    for (const char* name : {"cargo", "rustup"}) {
        if (std::optional<Program> program = finder.find(name)) {
            programs.push_back(*std::move(program));
        }
    }
    return programs;
}

std::optional<rust::Version> version_of_rustup(const os::ReadFs& fs,
                                               const os::Environment& environment,
                                               const std::filesystem::path& cargo_home) {
    return ProgramFinder(fs, environment, {}).version(cargo_home / "bin" / "rustup");
}

std::vector<Program> cargos_of_toolchains(const os::ReadFs& fs, const os::Environment& environment,
                                          const std::filesystem::path& rustup_home) {
    const ProgramFinder finder(fs, environment, rustup_home);
    std::vector<Program> cargos;
    for (const std::string& name : finder.toolchains()) {
        const std::filesystem::path path = rustup_home / "toolchains" / name / "bin" / "cargo";
        if (const std::optional<rust::Version> version = finder.version(path)) {
            cargos.push_back(
                {.name = "cargo", .path = path, .toolchain = name, .version = version});
        }
    }
    return cargos;
}

}  // namespace rehome::care
