#pragma once

#include "support/command.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::real {

// The machine's own rustup and a toolchain of it; they are only read.
struct Machine {
    std::filesystem::path rustup;
    std::filesystem::path toolchain;
};

// Nothing where the real tools cannot be used; then it has printed SKIPPED and why.
std::optional<Machine> machine_with_rust();

// Runs it; an end with anything but 0 fails the test and shows what the command said.
support::CommandResult succeed(const support::Command& command);

// Looks again and again until it holds; false if it does not within a minute.
bool eventually(const std::function<bool()>& condition);

// Runs a script of fixtures/.
support::Command generator(std::string_view script, std::vector<std::string> arguments);

enum class HomesAt {
    dot_directories,  // ~/.cargo and ~/.rustup, no variable says so
    data_directory,   // CARGO_HOME and RUSTUP_HOME lead to cargo and rustup in XDG_DATA_HOME
};

// A user's directory with the real rustup, its proxies and all that rustup-init writes, and the
// machine's toolchain linked as the default one, 'machine'. cargo takes the default registry from a
// local registry, rustup its releases from a directory: nothing needs a network.
class RustHome {
public:
    explicit RustHome(const Machine& machine, HomesAt homes_at = HomesAt::dot_directories);

    [[nodiscard]] std::filesystem::path home() const { return root_ / "home"; }

    [[nodiscard]] std::filesystem::path cargo_home() const { return cargo_home_; }

    [[nodiscard]] std::filesystem::path rustup_home() const { return rustup_home_; }

    // What make_registry.py makes.
    [[nodiscard]] std::filesystem::path registry() const { return root_ / "registry"; }

    // What make_dist.py makes.
    [[nodiscard]] std::filesystem::path dist() const { return root_ / "dist"; }

    // `name` is rehome or a program in the bin of CARGO_HOME, which is first in PATH.
    [[nodiscard]] support::Command command(std::string_view name,
                                           std::vector<std::string> arguments) const;
    [[nodiscard]] support::Command command(std::string_view name,
                                           std::vector<std::string> arguments,
                                           const std::filesystem::path& working_directory) const;
    // succeed(command(...))
    support::CommandResult run(std::string_view name, std::vector<std::string> arguments) const;
    support::CommandResult run(std::string_view name, std::vector<std::string> arguments,
                               const std::filesystem::path& working_directory) const;

    // PATH without any cargo or rustup.
    [[nodiscard]] std::string path_without_rust() const;
    // `rustup-init -y`
    [[nodiscard]] support::Command installer() const;

    // Publishes the toolchains of that date.
    void release_toolchains(std::string_view date) const;
    // Publishes a rustup of that version; it is the machine's.
    void release_rustup(std::string_view version) const;

private:
    void install_rust(const std::filesystem::path& toolchain) const;

    support::TempDir root_;
    std::filesystem::path cargo_home_;
    std::filesystem::path rustup_home_;
    std::filesystem::path machine_rustup_;
    support::Variables variables_;
};

// The symbolic links right in the two homes, in order, HOME written as ~:
// "~/.cargo/bin -> ~/.local/share/cargo/bin"; one that leads nowhere ends in " (dangling)".
std::vector<std::string> compat_links(const RustHome& rust);

}  // namespace rehome::real
