#include "real/rust_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;
using support::Command;
using support::CommandResult;
using support::Variables;

// As the tests themselves find their programs. Never installs what a rust-toolchain file asks for.
Variables variables_of_machine() {
    const char* home = std::getenv("HOME");
    Variables variables = support::variables_of(home == nullptr ? "/" : home);
    for (const char* name : {"CARGO_HOME", "RUSTUP_HOME"}) {
        if (const char* value = std::getenv(name)) {
            variables[name] = value;
        }
    }
    variables["RUSTUP_AUTO_INSTALL"] = "0";
    return variables;
}

std::optional<fs::path> toolchain_of_machine() {
    const auto rustc = support::which("rustc");
    if (!rustc) {
        return std::nullopt;
    }
    CommandResult result = support::run({.program = *rustc,
                                         .arguments = {"--print", "sysroot"},
                                         .variables = variables_of_machine()});
    const fs::path toolchain = result.out.substr(0, result.out.find('\n'));
    const bool has_cargo = result.exit_code == 0 && fs::exists(toolchain / "bin/cargo");
    return has_cargo ? std::optional(toolchain) : std::nullopt;
}

}  // namespace

std::optional<Machine> machine_with_rust() {
    for (const char* program : {"python3", "git", "cc"}) {
        if (!support::which(program)) {
            fmt::print("SKIPPED: no {} on this machine\n", program);
            return std::nullopt;
        }
    }
    const auto rustup = support::which("rustup");
    const auto toolchain = toolchain_of_machine();
    if (!rustup || !toolchain) {
        fmt::print("SKIPPED: no real cargo/rustup on this machine\n");
        return std::nullopt;
    }
    return Machine{fs::canonical(*rustup), *toolchain};
}

CommandResult succeed(const Command& command) {
    CommandResult result = support::run(command);
    INFO(fmt::format("{} {}\n{}{}",
                     command.program.string(),
                     fmt::join(command.arguments, " "),
                     result.out,
                     result.err));
    REQUIRE_FALSE(result.timed_out);
    REQUIRE(result.exit_code == 0);
    return result;
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

Command generator(std::string_view script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     (support::source_directory() / "fixtures" / script).string());
    return {.program = *support::which("python3"),
            .arguments = std::move(arguments),
            .variables = variables_of_machine()};
}

RustHome::RustHome(const Machine& machine, HomesAt homes_at) : machine_rustup_(machine.rustup) {
    const bool in_data = homes_at == HomesAt::data_directory;
    cargo_home_ = home() / (in_data ? ".local/share/cargo" : ".cargo");
    rustup_home_ = home() / (in_data ? ".local/share/rustup" : ".rustup");
    fs::create_directories(home());
    variables_ = support::variables_of(home());
    variables_["PATH"] = (cargo_home_ / "bin").string() + ":" + path_without_rust();
    variables_["RUSTUP_DIST_SERVER"] = "file://" + dist().string();
    variables_["RUSTUP_UPDATE_ROOT"] = "file://" + (dist() / "rustup").string();
    if (in_data) {
        variables_["XDG_DATA_HOME"] = (home() / ".local/share").string();
        variables_["CARGO_HOME"] = cargo_home_.string();
        variables_["RUSTUP_HOME"] = rustup_home_.string();
    }
    install_rust(machine.toolchain);
    succeed(generator("registry/make_registry.py", {registry().string()}));
    fs::copy_file(registry() / "config-local.toml", cargo_home_ / "config.toml");
}

void RustHome::install_rust(const fs::path& toolchain) const {
    fs::copy_file(machine_rustup_, root_ / "rustup-init");
    Command install = installer();
    install.arguments.insert(install.arguments.end(), {"--default-toolchain", "none"});
    succeed(install);
    run("rustup", {"toolchain", "link", "machine", toolchain.string()});
    run("rustup", {"default", "machine"});
}

// Whoever asks for cargo must get that of the test or none.
std::string RustHome::path_without_rust() const {
    std::string result;
    std::istringstream directories(support::variables_of(home())["PATH"]);
    for (std::string directory; std::getline(directories, directory, ':');) {
        if (!fs::exists(fs::path(directory) / "rustup")) {
            result += (result.empty() ? "" : ":") + directory;
        }
    }
    return result;
}

Command RustHome::installer() const {
    Command install = command("rustup-init", {"-y"});
    install.program = root_ / "rustup-init";
    // Which other Rust the machine has is no matter here.
    install.variables["RUSTUP_INIT_SKIP_PATH_CHECK"] = "yes";
    install.variables["RUSTUP_INIT_SKIP_SUDO_CHECK"] = "yes";
    return install;
}

Command RustHome::command(std::string_view name, std::vector<std::string> arguments) const {
    return command(name, std::move(arguments), home());
}

Command RustHome::command(std::string_view name, std::vector<std::string> arguments,
                          const fs::path& working_directory) const {
    return {.program = name == "rehome" ? support::rehome_binary() : cargo_home_ / "bin" / name,
            .arguments = std::move(arguments),
            .variables = variables_,
            .working_directory = working_directory};
}

CommandResult RustHome::run(std::string_view name, std::vector<std::string> arguments) const {
    return succeed(command(name, std::move(arguments)));
}

CommandResult RustHome::run(std::string_view name, std::vector<std::string> arguments,
                            const fs::path& working_directory) const {
    return succeed(command(name, std::move(arguments), working_directory));
}

void RustHome::release_toolchains(std::string_view date) const {
    succeed(generator("dist/make_dist.py", {dist().string(), "--date", std::string(date)}));
}

void RustHome::release_rustup(std::string_view version) const {
    succeed(
        generator("dist/make_dist.py",
                  {dist().string(), "--rustup", std::string(version), machine_rustup_.string()}));
}

std::vector<std::string> compat_links(const RustHome& rust) {
    const std::string home = rust.home().string();
    const auto shortened = [&](const fs::path& path) {
        const std::string text = path.string();
        return text.starts_with(home) ? "~" + text.substr(home.size()) : text;
    };
    std::vector<std::string> links;
    for (const fs::path& directory : {rust.cargo_home(), rust.rustup_home()}) {
        for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
            if (entry.is_symlink()) {
                links.push_back(shortened(entry.path()) + " -> " +
                                shortened(fs::read_symlink(entry.path())) +
                                (entry.exists() ? "" : " (dangling)"));
            }
        }
    }
    std::ranges::sort(links);
    return links;
}

}  // namespace rehome::real
