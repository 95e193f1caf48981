#include "real/package.hpp"

#include "support/files.hpp"

#include <fmt/core.h>

#include <set>
#include <sstream>

namespace rehome::real {

namespace fs = std::filesystem;

fs::path make_package(const RustHome& rust, std::string_view name, std::string_view build_script) {
    const fs::path package = rust.home() / name;
    support::write_file(package / "Cargo.toml",
                        fmt::format("[package]\n"
                                    "name = \"{}\"\n"
                                    "version = \"0.1.0\"\n"
                                    "edition = \"2021\"\n"
                                    "\n"
                                    "[dependencies]\n"
                                    "brook = \"0.1\"\n"
                                    "willow = {{ git = \"file://{}/git\" }}\n",
                                    name,
                                    rust.registry().string()));
    support::write_file(package / "src/main.rs",
                        "fn main() {\n"
                        "    println!(\"{}\", brook::depth() + willow::leaves());\n"
                        "}\n");
    if (!build_script.empty()) {
        support::write_file(package / "build.rs", build_script);
    }
    return package;
}

std::map<std::string, std::string> verdicts(const support::CommandResult& build) {
    static const std::set<std::string> known = {"Fresh", "Dirty", "Compiling", "Checking"};
    std::map<std::string, std::string> result;
    std::istringstream lines(build.err);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string verdict;
        std::string crate;
        if (words >> verdict >> crate && known.contains(verdict)) {
            result[crate] = verdict;
        }
    }
    return result;
}

std::map<std::string, std::string> all_fresh(std::string_view name) {
    return {
        {std::string(name), "Fresh"}, {"brook", "Fresh"}, {"pebble", "Fresh"}, {"willow", "Fresh"}};
}

}  // namespace rehome::real
