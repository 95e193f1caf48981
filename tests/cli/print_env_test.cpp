// print-env for what is no shell, on a home that was migrated for real.

#include "base/json.hpp"
#include "shell/form.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

using namespace rehome;
using support::CommandResult;
namespace fs = std::filesystem;

namespace {

// With a name that makes every path in it a hostile one.
class Home {
public:
    explicit Home(const std::string& name = "home") : path_(directory_ / name) {
        support::make_sample_home(support::source_directory() / "fixtures/homes/minimal.toml",
                                  path_);
        support::write_file(path_ / ".rustup/downloads/file", "x");
        variables = support::variables_of(path_);
    }

    [[nodiscard]] const fs::path& path() const { return path_; }

    // Beside it.
    [[nodiscard]] fs::path operator/(std::string_view name) const { return directory_ / name; }

    [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
        support::Command command = support::rehome_command(path_, arguments);
        command.variables = variables;
        return support::run(command);
    }

    void migrate() const { REQUIRE(run({"migrate", "--apply", "--yes"}).exit_code == 0); }

    [[nodiscard]] std::string print_env(const std::string& form) const {
        const CommandResult result = run({"print-env", form});
        INFO(result.err);
        REQUIRE(result.exit_code == 0);
        return result.out;
    }

    // The links that rehome has left in the two homes.
    [[nodiscard]] std::vector<fs::path> links() const {
        std::vector<fs::path> links;
        for (const char* name : {".cargo", ".rustup"}) {
            for (const auto& entry : fs::directory_iterator(path_ / name)) {
                if (entry.is_symlink()) {
                    links.push_back(entry.path());
                }
            }
        }
        REQUIRE(links.size() >= 4);
        return links;
    }

    support::Variables variables;

private:
    support::TempDir directory_;
    fs::path path_;
};

const std::string hostile_name = "it's a \"home\" [a]*? \\ 50% #$x";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool is_at_or_below(const fs::path& path, const fs::path& directory) {
    return path == directory || path.string().starts_with(directory.string() + "/");
}

// What a program of this machine makes of files in the home's parent.
void run_beside(const Home& home, const std::string& program,
                const std::vector<std::string>& arguments) {
    const CommandResult result =
        support::run({.program = support::which(program).value(),
                      .arguments = arguments,
                      .variables = {{"HOME", home.path().string()}, {"PATH", "/usr/bin:/bin"}}});
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == 0);
}

bool is_installed(const std::string& program) {
    if (support::which(program)) {
        return true;
    }
    std::cout << "SKIPPED: " << program << " is not installed\n";
    return false;
}

// Those of the text, which may open with comments.
std::vector<fs::path> mounts_in(const std::string& devcontainer) {
    const base::json::value document =
        base::parse_json(std::string_view(devcontainer).substr(devcontainer.find('{')));
    std::vector<fs::path> mounts;
    for (const base::json::value& mount : document.at("mounts").as_array()) {
        const std::string text(mount.as_string().c_str());
        const std::string mark = ",target=";
        mounts.emplace_back(text.substr(text.find(mark) + mark.size()));
    }
    return mounts;
}

}  // namespace

TEST_CASE("print-env writes every form, before and after a migration", "[cli]") {
    const Home home;
    for (const bool migrated : {false, true}) {
        for (const shell::Form& form : shell::forms()) {
            CAPTURE(form.name, migrated);
            const CommandResult result = home.run({"print-env", form.name});
            CHECK(result.exit_code == 0);
            CHECK(contains(result.out + result.err, "nothing is migrated yet") == !migrated);
            CHECK(contains(result.out + result.err, "rehome print-env " + form.name));
            CHECK(result.err.empty() == form.advice.empty());
        }
        home.migrate();
    }
    CHECK(home.run({"print-env", "backup-excludes-tar", "--quiet"}).err.empty());
}

TEST_CASE("the help lists every form", "[cli]") {
    const Home home;
    const std::string help = home.run({"help", "print-env"}).out;
    for (const shell::Form& form : shell::forms()) {
        CHECK(contains(help, fmt::format("\n  {:<23} {}\n", form.name, form.about)));
    }
}

TEST_CASE("print-env prints nothing rather than a wrong line", "[cli]") {
    Home home;
    home.variables["CARGO_CACHE_HOME"] = (home / "line\nbreak").string();
    home.migrate();
    for (const shell::Form& form : shell::forms()) {
        const std::set<std::string> sayers{"vscode", "windows-user", "time-machine"};
        if (form.use == shell::Use::start_up || sayers.contains(form.name)) {
            continue;  // they can say it
        }
        CAPTURE(form.name);
        const CommandResult result = home.run({"print-env", form.name});
        CHECK(result.exit_code == 2);
        CHECK(result.out.empty());
        CHECK(contains(result.err, form.name + " has no sure way to write '\\n' in '"));
    }
}

TEST_CASE("print-env fails on a damaged journal, but not for a shell", "[cli]") {
    const Home home;
    home.migrate();
    support::write_file(home.path() / ".cargo/.rehome", "scribble");
    CHECK(home.run({"print-env", "bash"}).exit_code == 0);
    CHECK(home.run({"print-env", "direnv"}).exit_code == 0);
    const CommandResult result = home.run({"print-env", "environment.d"});
    CHECK(result.exit_code == 5);
    CHECK(result.out.empty());
}

TEST_CASE("a devcontainer mounts all that the links lead into", "[cli]") {
    Home home;
    home.variables["CARGO_CACHE_HOME"] = (home / "elsewhere/cache").string();
    home.migrate();
    const std::vector<fs::path> mounts = mounts_in(home.print_env("devcontainer"));
    std::vector<fs::path> needed = home.links();
    for (const fs::path& link : home.links()) {
        needed.push_back(fs::read_symlink(link));
    }
    for (const fs::path& path : needed) {
        CAPTURE(path);
        CHECK(std::ranges::any_of(
            mounts, [&](const fs::path& mount) { return is_at_or_below(path, mount); }));
    }
}

TEST_CASE("with the lines for tmpfiles a purged cache comes back, and the rest is never cleaned",
          "[cli]") {
    if (!is_installed("systemd-tmpfiles")) {
        return;
    }
    for (const std::string& name : {std::string("home"), hostile_name}) {
        CAPTURE(name);
        const Home home(name);
        home.migrate();
        const std::string lines = home.print_env("tmpfiles");
        const fs::path file = home / "rehome.conf";
        support::write_file(file, lines);
        const auto modes = [&] {
            std::vector<fs::perms> all;
            for (const fs::path& link : home.links()) {
                all.push_back(fs::status(link).permissions());
            }
            return all;
        };
        const std::vector<fs::perms> before = modes();

        fs::remove_all(home.path() / ".cache");
        REQUIRE_FALSE(fs::exists(home.path() / ".cargo/registry"));
        run_beside(home, "systemd-tmpfiles", {"--user", "--create", file.string()});

        for (const fs::path& link : home.links()) {
            CAPTURE(link);
            CHECK(fs::exists(link));
        }
        CHECK(modes() == before);

        // All that is beside the home and in it would be cleaned, were it not for the lines.
        const support::Snapshot kept = support::take_snapshot(home.path());
        support::write_file(home / "beside/file", "x");
        const std::string parent = home.path().parent_path().string();
        support::write_file(file, fmt::format("{}e \"{}/*\" - - - mM:0s\n", lines, parent));
        run_beside(home, "systemd-tmpfiles", {"--user", "--clean", file.string()});
        CHECK_FALSE(fs::exists(home / "beside/file"));
        CHECK(support::difference(kept, support::take_snapshot(home.path())) == "");
    }
}

TEST_CASE("a backup with the patterns of print-env is without the caches", "[cli]") {
    if (!is_installed("rsync") || !is_installed("tar")) {
        return;
    }
    for (const std::string& name : {std::string("home"), hostile_name}) {
        CAPTURE(name);
        const Home home(name);
        home.migrate();
        for (const std::string tool : {"rsync", "tar"}) {
            CAPTURE(tool);
            const std::string excludes = (home / "excludes").string();
            const fs::path copy = home / (tool + "-copy");
            fs::create_directory(copy);
            support::write_file(excludes, home.print_env("backup-excludes-" + tool));
            const std::string from = "--exclude-from=" + excludes;
            if (tool == "rsync") {
                run_beside(home, "rsync", {"-a", "--relative", from, home.path(), copy});
            } else {
                const std::string archive = (home / "archive").string();
                run_beside(home, "tar", {"-c", "-f", archive, from, home.path()});
                run_beside(home, "tar", {"-x", "-f", archive, "-C", copy});
            }
            const fs::path saved = copy / home.path().relative_path();
            CHECK_FALSE(fs::exists(saved / ".cache/cargo/registry"));
            CHECK_FALSE(fs::exists(saved / ".cache/rustup/downloads"));
            CHECK(fs::is_symlink(saved / ".cargo/registry"));
            CHECK(fs::exists(saved / ".config/cargo/config.toml"));
            CHECK(fs::exists(saved / ".local/share/rustup/toolchains"));
        }
    }
}

TEST_CASE("a cache that stays in its home is left out of a backup, too", "[cli]") {
    Home home;
    home.variables["CARGO_CACHE_HOME"] = (home.path() / ".cargo").string();
    home.migrate();
    const std::string registry = (home.path() / ".cargo/registry").string();
    CHECK(contains(home.print_env("backup-excludes-rsync"), "\n" + registry + "\n"));
    CHECK_FALSE(contains(home.print_env("tmpfiles"), registry));
}

TEST_CASE("a directory that holds more than a cache must stay", "[cli]") {
    Home home;
    const std::string shared = (home / "shared").string();
    home.variables["CARGO_CONFIG_HOME"] = shared;
    home.variables["CARGO_CACHE_HOME"] = shared;
    home.migrate();
    const std::string lines = home.print_env("tmpfiles");
    CHECK(contains(lines, "\nd \"" + shared + "/registry\" "));
    CHECK(contains(lines, "\nx \"" + shared + "\"\n"));
    CHECK_FALSE(contains(lines, "\nd \"" + shared + "\" "));
    CHECK_FALSE(contains(home.print_env("backup-excludes-rsync"), "\n" + shared + "\n"));
}
