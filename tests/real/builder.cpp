#include "real/worker.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;
using support::read_file;

// The only directory in it; there may be hidden ones.
fs::path only_directory_in(const fs::path& directory) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) {
            found.push_back(entry.path());
        }
    }
    REQUIRE(found.size() == 1);
    return found.front();
}

class Builder : public Worker {
public:
    explicit Builder(Tools& tools) : tools_(tools), package_(tools.rust().home() / "builder") {
        support::write_file(package_ / "Cargo.toml",
                            fmt::format("[package]\n"
                                        "name = \"builder\"\n"
                                        "version = \"0.1.0\"\n"
                                        "edition = \"2021\"\n"
                                        "\n"
                                        "[dependencies]\n"
                                        "brook = \"0.1\"\n"
                                        "flint = \"0.1\"\n"
                                        "willow = {{ git = \"file://{}/git\" }}\n",
                                        tools.rust().registry().string()));
        support::write_file(
            package_ / "src/main.rs",
            "fn main() {\n"
            "    assert!(brook::depth() > 10);\n"
            "    println!(\"{} {}\", u64::from(flint::sparks()), willow::leaves());\n"
            "}\n");
    }

    void work() override {
        publish();
        cargo({"update"});
        cargo({"fetch"});
        ++fetched_;
        build_from_scratch({"build"});
        cargo({"metadata", "--format-version", "1"});
        build_from_scratch({"build", "--frozen"});
        cargo({"build"});
        cargo({"tree"});
        cargo({"check", "--offline"});
    }

    void check() const override {
        const fs::path cargo_home = tools_.rust().cargo_home();
        const fs::path crates = only_directory_in(cargo_home / "registry/cache");
        const fs::path sources = only_directory_in(cargo_home / "registry/src");
        for (int number = 1; number <= fetched_; ++number) {
            const std::string crate = fmt::format("flint-0.1.{}", number);
            INFO(crate);
            CHECK(read_file(crates / (crate + ".crate")) ==
                  read_file(tools_.rust().registry() / "local" / (crate + ".crate")));
            CHECK(read_file(sources / crate / "src/lib.rs") ==
                  fmt::format("pub fn sparks() -> u32 {{\n    {}\n}}\n", number));
        }
        CHECK(checked_out() == std::set<std::string>(expected_.begin(), expected_.end()));
        if (fetched_ > 0) {
            fs::remove_all(package_ / "target");
            succeed(tools_.command("cargo", {"build", "--frozen"}, package_));
            CHECK(succeed(program()).out == answer());
        }
    }

private:
    void publish() {
        const auto result = support::run(generator(
            "registry/make_registry.py",
            {tools_.rust().registry().string(), "--release", std::to_string(++published_)}));
        if (result.exit_code != 0) {
            throw std::runtime_error("nothing was published: " + result.err);
        }
        expected_.insert(fmt::format("pub fn leaves() -> u32 {{\n    {}\n}}\n", 1000 + published_));
    }

    void cargo(const std::vector<std::string>& arguments) {
        tools_.run(tools_.command("cargo", arguments, package_));
    }

    void build_from_scratch(const std::vector<std::string>& arguments) {
        fs::remove_all(package_ / "target");
        cargo(arguments);
        const std::string said = support::run(program()).out;
        if (said != answer()) {
            throw std::runtime_error(fmt::format("'{}' was built, not '{}'", said, answer()));
        }
    }

    [[nodiscard]] support::Command program() const {
        return {.program = package_ / "target/debug/builder"};
    }

    [[nodiscard]] std::string answer() const {
        return fmt::format("{} {}\n", fetched_, 1000 + fetched_);
    }

    // What willow is in each checkout.
    [[nodiscard]] std::set<std::string> checked_out() const {
        std::set<std::string> texts;
        const fs::path checkouts = only_directory_in(tools_.rust().cargo_home() / "git/checkouts");
        for (const auto& entry : fs::directory_iterator(checkouts)) {
            texts.insert(read_file(entry.path() / "src/lib.rs"));
        }
        return texts;
    }

    Tools& tools_;
    fs::path package_;
    int published_ = 0;
    int fetched_ = 0;
    std::set<std::string> expected_;
};

}  // namespace

std::unique_ptr<Worker> make_builder(Tools& tools) {
    return std::make_unique<Builder>(tools);
}

}  // namespace rehome::real
