#include "real/worker.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;

class Compiler : public Worker {
public:
    explicit Compiler(Tools& tools) : tools_(tools), directory_(tools.rust().home() / "compiler") {
        fs::create_directory(directory_);
    }

    void work() override {
        ++number_;
        support::write_file(directory_ / "main.rs",
                            fmt::format("use std::collections::BTreeMap;\n"
                                        "\n"
                                        "fn main() {{\n"
                                        "    let names: BTreeMap<u32, String> =\n"
                                        "        (0..={0}).map(|n| (n, n.to_string())).collect();\n"
                                        "    println!(\"{{}}\", names[&{0}]);\n"
                                        "}}\n",
                                        number_));
        tools_.run(compile());
        const std::string said = support::run(program()).out;
        if (said != fmt::format("{}\n", number_)) {
            throw std::runtime_error(fmt::format("'{}' was compiled, not {}", said, number_));
        }
    }

    void check() const override {
        fs::remove(directory_ / "main");
        succeed(compile());
        CHECK(succeed(program()).out == fmt::format("{}\n", number_));
    }

private:
    [[nodiscard]] support::Command compile() const {
        support::Command command = tools_.command("rustc", {"main.rs"}, directory_);
        command.program =
            tools_.rust().rustup_home() / "toolchains" / tools_.toolchain() / "bin/rustc";
        return command;
    }

    [[nodiscard]] support::Command program() const { return {.program = directory_ / "main"}; }

    Tools& tools_;
    fs::path directory_;
    int number_ = 0;
};

}  // namespace

std::unique_ptr<Worker> make_compiler(Tools& tools) {
    return std::make_unique<Compiler>(tools);
}

}  // namespace rehome::real
