#include "cli/near_home.hpp"

#include "support/files.hpp"
#include "support/sample_home.hpp"

#include <utility>

namespace rehome::cli_tests {

using support::Command;
using support::CommandResult;

NearHome::NearHome() {
    fill();
}

NearHome::NearHome(const std::filesystem::path& parent) : directory_(parent) {
    fill();
}

void NearHome::fill() {
    support::make_sample_home(support::source_directory() / "fixtures/homes/minimal.toml", path());
    support::write_file(directory_ / ".cargo/.package-cache", "");
    support::write_file(directory_ / ".cargo/.package-cache-mutate", "");
}

Command NearHome::command(std::vector<std::string> arguments) const {
    return support::rehome_command(path(), std::move(arguments));
}

CommandResult NearHome::run(std::vector<std::string> arguments) const {
    return support::run(command(std::move(arguments)));
}

CommandResult NearHome::migrate(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"migrate", "--apply", "--yes"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
}

support::Snapshot NearHome::snapshot(support::Inodes inodes) const {
    return support::take_snapshot(path(), {.inodes = inodes, .except = {".", ".local"}});
}

std::vector<std::string> sent_to(const std::filesystem::path& directory) {
    return {"--allow-volatile",
            "--cache-dir",
            (directory / "cache").string(),
            "--data-dir",
            (directory / "data").string()};
}

}  // namespace rehome::cli_tests
