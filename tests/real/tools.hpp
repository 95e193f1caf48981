#pragma once

#include "real/rust_home.hpp"
#include "support/command.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::real {

// The tools of a home as several threads use them at once: it knows which commands are under way,
// how many of each kind have ended well, and the first things that went wrong.
class Tools {
public:
    using Clock = std::chrono::steady_clock;

    // `toolchain` is the one that cargo and rustc are of, unless a command says otherwise. Before
    // each command in the bin of CARGO_HOME whoever wants it thinks for a random time up to
    // `longest_thought`.
    Tools(const RustHome& rust, std::string toolchain, std::chrono::milliseconds longest_thought);

    [[nodiscard]] const RustHome& rust() const { return rust_; }

    [[nodiscard]] const std::string& toolchain() const { return toolchain_; }

    // RustHome::command() with that toolchain.
    [[nodiscard]] support::Command command(std::string_view name,
                                           std::vector<std::string> arguments) const;
    [[nodiscard]] support::Command command(std::string_view name,
                                           std::vector<std::string> arguments,
                                           const std::filesystem::path& working_directory) const;

    // Runs it to its end and answers what it printed. Throws std::runtime_error, with all that it
    // said, if it ends with anything but 0.
    std::string run(const support::Command& command);
    // The same while nothing else runs that is in the bin of CARGO_HOME. rustup writes
    // settings.toml in place: whoever reads it just then, as every proxy does, fails with "missing
    // field `version`", also without any rehome.
    std::string run_alone(const support::Command& command);

    // The kinds of the commands ("cargo build") that were running at that moment and run now. One
    // that has ended and was not yet waited for does not run.
    [[nodiscard]] std::vector<std::string> running_since(Clock::time_point moment) const;

    // From then on there is trouble(), and whoever uses the tools should come to an end.
    void complain(const std::string& what);
    [[nodiscard]] std::string trouble() const;

    // How many commands of each kind ended well.
    [[nodiscard]] std::map<std::string, int> counts() const;

private:
    struct Running {
        std::string kind;
        Clock::time_point since;
    };

    void think() const;
    std::string run_to_its_end(const support::Command& command);
    [[nodiscard]] std::string elapsed() const;

    const RustHome& rust_;
    std::string toolchain_;
    std::chrono::milliseconds longest_thought_;
    Clock::time_point start_ = Clock::now();
    std::mutex entrance_;             // held by whoever waits to be alone
    std::shared_mutex company_;       // held for oneself by whoever is alone
    mutable std::mutex mutex_;        // of what is below
    std::map<int, Running> running_;  // by process
    std::map<std::string, int> counts_;
    std::string trouble_;
};

}  // namespace rehome::real
