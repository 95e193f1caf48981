// The lines for systemd-tmpfiles, read by the real one.

#include "shell/samples.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <optional>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

// A directory with files in it, and the lines for it in a file of their own.
class Cleaned {
public:
    [[nodiscard]] std::string root() const { return (directory_ / "root").string(); }

    [[nodiscard]] fs::path operator/(std::string_view name) const { return directory_ / name; }

    // Runs systemd-tmpfiles on these lines alone.
    void run(const fs::path& program, const std::string& action, const std::string& lines) const {
        const fs::path file = directory_ / "rehome.conf";
        support::write_file(file, lines);
        const support::CommandResult result = support::run(
            {.program = program,
             .arguments = {"--user", action, file.string()},
             .variables = {{"HOME", directory_.path().string()}, {"PATH", "/usr/bin:/bin"}}});
        INFO(result.out << result.err);
        CHECK(result.exit_code == 0);
        CHECK(result.err.empty());
    }

private:
    support::TempDir directory_;
};

std::optional<fs::path> systemd_tmpfiles() {
    const auto program = support::which("systemd-tmpfiles");
    if (!program) {
        std::cout << "SKIPPED: systemd-tmpfiles is not installed\n";
    }
    return program;
}

}  // namespace

TEST_CASE("systemd-tmpfiles makes purged caches again, with their modes", "[shell][form]") {
    const auto program = systemd_tmpfiles();
    if (!program) {
        return;
    }
    const Cleaned place;
    const Snippet snippet = hostile_sample(sayable("tmpfiles", hostile_values()), place.root());
    REQUIRE(snippet.directories.size() >= 15);

    place.run(*program, "--create", written("tmpfiles", snippet));

    for (const PurgeableDirectory& directory : snippet.directories) {
        CAPTURE(directory.target);
        REQUIRE(fs::is_directory(directory.target));
        CHECK(fs::status(directory.target).permissions() == static_cast<fs::perms>(0750));
    }
}

TEST_CASE("a cleaner by age keeps what must stay, and takes the rest", "[shell][form]") {
    const auto program = systemd_tmpfiles();
    if (!program) {
        return;
    }
    const Cleaned place;
    const Snippet snippet = hostile_sample(sayable("tmpfiles", hostile_values()), place.root());
    for (const Place& kept : snippet.places) {
        support::write_file(kept.path + "/below/file", "x");
    }
    // The others are what a pattern would match if its characters were not taken as they are.
    const std::vector<std::string> others = {"other", "any?[a]", "*x[a]", "*?a"};
    for (const std::string& other : others) {
        support::write_file(place.root() + "/kept/" + other + "/file", "x");
    }
    const std::string cleaner = "e \"" + place.root() + "/kept\" - - - ";

    // All that has not been modified within this very instant.
    place.run(*program, "--clean", written("tmpfiles", snippet) + cleaner + "mM:0s\n");

    for (const Place& kept : snippet.places) {
        CAPTURE(kept.path);
        CHECK(fs::exists(kept.path + "/below/file"));
    }
    for (const std::string& other : others) {
        CAPTURE(other);
        CHECK_FALSE(fs::exists(place.root() + "/kept/" + other));
    }
}

}  // namespace rehome::shell
