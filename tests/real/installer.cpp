#include "real/worker.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;

class Installer : public Worker {
public:
    explicit Installer(Tools& tools) : tools_(tools) {}

    void work() override {
        ++round_;
        install(round_ % 2 + 1);
        require("mill", mill());
        require("cargo install --list", list());
        log_in(fmt::format("token-{}", round_));
        if (round_ % 3 == 0) {
            cargo({"uninstall", "mill"});
            version_ = 0;
            require("cargo install --list", list());
            cargo({"logout", "--registry", "brookside"});
            token_.reset();
            require("credentials", credentials());
            install(round_ % 2 + 1);
            log_in(fmt::format("token-{}-again", round_));
        }
        require("credentials", credentials());
    }

    void check() const override {
        const Answer list = list_now(succeed(tools_.command("cargo", {"install", "--list"})).out);
        CHECK(list.said == list.expected);
        CHECK(credentials().said == credentials().expected);
        if (version_ != 0) {
            CHECK(succeed(tools_.command("mill", {})).out == expected_of_mill());
        } else {
            CHECK_FALSE(fs::exists(tools_.rust().cargo_home() / "bin/mill"));
        }
    }

private:
    struct Answer {
        std::string said;
        std::string expected;
    };

    static void require(const std::string& what, const Answer& answer) {
        if (answer.said != answer.expected) {
            throw std::runtime_error(
                fmt::format("{} is '{}', not '{}'", what, answer.said, answer.expected));
        }
    }

    std::string cargo(const std::vector<std::string>& arguments) {
        return tools_.run(tools_.command("cargo", arguments));
    }

    void install(int version) {
        cargo(
            {"install", "mill", "--debug", "--force", "--version", fmt::format("0.{}.0", version)});
        version_ = version;
    }

    void log_in(const std::string& token) {
        auto login = tools_.command("cargo", {"login", "--registry", "brookside"});
        login.input = token + "\n";
        tools_.run(login);
        token_ = token;
    }

    [[nodiscard]] std::string expected_of_mill() const {
        return fmt::format("mill {} grinds 12\n", version_);
    }

    Answer mill() { return {tools_.run(tools_.command("mill", {})), expected_of_mill()}; }

    Answer list() { return list_now(cargo({"install", "--list"})); }

    [[nodiscard]] Answer list_now(const std::string& said) const {
        return {said, version_ == 0 ? "" : fmt::format("mill v0.{}.0:\n    mill\n", version_)};
    }

    // The line with the token, or none.
    [[nodiscard]] Answer credentials() const {
        const fs::path file = tools_.rust().cargo_home() / "credentials.toml";
        const std::string text = fs::exists(file) ? support::read_file(file) : "";
        const std::size_t start = text.find("token");
        const std::size_t end = text.find('\n', start);
        return {start == std::string::npos ? "" : text.substr(start, end - start),
                token_ ? fmt::format("token = \"{}\"", *token_) : ""};
    }

    Tools& tools_;
    int round_ = 0;
    int version_ = 0;  // 0 where it is not installed
    std::optional<std::string> token_;
};

}  // namespace

std::unique_ptr<Worker> make_installer(Tools& tools) {
    return std::make_unique<Installer>(tools);
}

}  // namespace rehome::real
