#include "real/worker.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <map>
#include <stdexcept>
#include <string>

namespace rehome::real {
namespace {

using Catch::Matchers::Contains;

constexpr std::array channels = {"beta", "nightly", "stable"};

class Keeper : public Worker {
public:
    explicit Keeper(Tools& tools) : tools_(tools) { publish(); }

    void work() override {
        ++round_;
        const std::string channel = channels.at(static_cast<std::size_t>(round_) % channels.size());
        if (round_ % 4 == 0) {
            publish();
            rustup({"update", "--no-self-update"});
            for (auto& [name, date] : installed_) {
                date = newest_;
            }
        }
        rustup({"toolchain", "install", channel, "--no-self-update", "--profile", "minimal"});
        installed_[channel] = newest_;
        require_list();
        require_version("+" + channel, channel);
        rustup({"component", "add", "--toolchain", channel, "rustfmt"});
        rustup({"run", channel, "rustfmt"});
        rustup({"component", "remove", "--toolchain", channel, "rustfmt"});
        rustup({"show"});
        if (round_ % 5 == 0) {
            tools_.run_alone(command("rustup", {"default", channel}));
            require_version("", channel);
            tools_.run_alone(command("rustup", {"default", "machine"}));
        }
        if (round_ % 3 == 0) {
            rustup({"toolchain", "uninstall", channel});
            installed_.erase(channel);
            require_list();
        }
    }

    void check() const override {
        for (const auto& [channel, date] : installed_) {
            INFO(channel);
            CHECK(succeed(command("cargo", {"+" + channel, "--version"})).out == version_of(date));
            const auto parts =
                command("rustup", {"component", "list", "--installed", "--toolchain", channel});
            CHECK_THAT(succeed(parts).out,
                       Contains("cargo-") && Contains("rustc-") && !Contains("rustfmt-"));
        }
        CHECK(list_error(succeed(command("rustup", {"toolchain", "list"})).out) == "");
        CHECK(succeed(command("rustup", {"default"})).out == "machine (default)\n");
    }

private:
    // What is the default is its business, so no variable may say so.
    [[nodiscard]] support::Command command(std::string_view name,
                                           std::vector<std::string> arguments) const {
        return tools_.rust().command(name, std::move(arguments));
    }

    std::string rustup(const std::vector<std::string>& arguments) {
        return tools_.run(command("rustup", arguments));
    }

    // Nobody else reads what is published.
    void publish() {
        ++published_;
        newest_ = fmt::format("20{:02}-{:02}-{:02}",
                              20 + published_ / 336,
                              published_ / 28 % 12 + 1,
                              published_ % 28 + 1);
        const auto result = support::run(
            generator("dist/make_dist.py", {tools_.rust().dist().string(), "--date", newest_}));
        if (result.exit_code != 0) {
            throw std::runtime_error("nothing was published: " + result.err);
        }
    }

    static std::string version_of(const std::string& date) {
        return fmt::format("cargo 1.0.0 (sample {})\n", date);
    }

    void require_version(const std::string& selector, const std::string& channel) {
        std::vector<std::string> arguments = {"--version"};
        if (!selector.empty()) {
            arguments.insert(arguments.begin(), selector);
        }
        const std::string said = tools_.run(command("cargo", arguments));
        if (said != version_of(installed_.at(channel))) {
            throw std::runtime_error(fmt::format(
                "cargo of {} says '{}', not of {}", channel, said, installed_.at(channel)));
        }
    }

    // What the list of toolchains lacks or has too much, or nothing.
    [[nodiscard]] std::string list_error(const std::string& list) const {
        for (const char* channel : channels) {
            const bool is_listed =
                ("\n" + list).find(fmt::format("\n{}-", channel)) != std::string::npos;
            if (is_listed != installed_.contains(channel)) {
                return fmt::format("{} {}: {}", channel, is_listed ? "is there" : "is lost", list);
            }
        }
        return ("\n" + list).find("\nmachine") == std::string::npos ? "machine is lost: " + list
                                                                    : "";
    }

    void require_list() {
        const std::string error = list_error(rustup({"toolchain", "list"}));
        if (!error.empty()) {
            throw std::runtime_error(error);
        }
    }

    Tools& tools_;
    int round_ = 0;
    int published_ = 0;
    std::string newest_;
    std::map<std::string, std::string> installed_;  // the date of each channel
};

}  // namespace

std::unique_ptr<Worker> make_keeper(Tools& tools) {

    return std::make_unique<Keeper>(tools);
}

}  // namespace rehome::real
