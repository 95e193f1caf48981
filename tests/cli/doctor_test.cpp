// Each fault is made on a home that was really migrated: the doctor finds it and nothing else, and
// what it says to do mends it. On the healthy home before it finds nothing.
#include "base/json.hpp"
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <memory>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;
namespace json = rehome::base::json;

namespace {

using Codes = std::vector<std::string>;

enum class Mends { by_command, not_alone };

struct Fault {
    const char* code;
    std::function<void(const NearHome&)> make;
    Mends mends = Mends::not_alone;
    std::function<Variables(const NearHome&)> variables = {};
};

Command with_tools(const NearHome& home, std::vector<std::string> arguments) {
    Command command = home.command(std::move(arguments));
    command.variables["PATH"] =
        (home / ".cargo/bin").string() + ":/usr/bin:/bin:" + rehome_binary().parent_path().string();
    return command;
}

json::array findings_of(const CommandResult& result) {
    INFO(result.out << result.err);
    return rehome::base::parse_json(result.out).at("findings").as_array();
}

Codes codes_of(const CommandResult& result) {
    Codes codes;
    for (const json::value& finding : findings_of(result)) {
        codes.emplace_back(finding.at("code").as_string());
    }
    return codes;
}

void write_program(const fs::path& path, const std::string& says) {
    write_file(path, fmt::format("#!/bin/sh\necho '{}'\n", says));
    fs::permissions(path, fs::perms::owner_all);
}

fs::path journal_of(const NearHome& home) {
    return home / ".local/state/rehome/transactions/1/journal";
}

// A transaction that was killed before its last record.
void cut_last_record(const NearHome& home) {
    std::string text = read_file(journal_of(home));
    text.pop_back();
    write_file(journal_of(home), text.substr(0, text.rfind('\n') + 1));
}

void make_healthy(const NearHome& home) {
    write_file(home / ".cargo/bin/tool", "x");
    write_file(home / ".cargo/credentials.toml", "[registry]\ntoken = \"secret\"\n");
    fs::permissions(home / ".cargo/credentials.toml",
                    fs::perms::owner_read | fs::perms::owner_write);
    REQUIRE(home.migrate().exit_code == 0);
}

// Runs what the one finding says to do, as a person would.
void follow_help(const NearHome& home, const CommandResult& result) {
    const json::array findings = findings_of(result);
    if (findings.empty()) {
        return;  // which was told already
    }
    std::string help(findings.at(0).at("help").as_string());
    help += help.starts_with("rehome ") ? " --yes" : "";
    Command shell = with_tools(home, {"-c", help});
    shell.program = "/bin/sh";
    const CommandResult mended = run(shell);
    INFO(help << "\n" << mended.out << mended.err);
    CHECK(mended.exit_code == 0);
}

const std::vector<Fault>& faults() {
    static const std::vector<Fault> all{
        {"link_replaced",
         [](const NearHome& home) {
             fs::remove(home / ".cargo/config.toml");
             write_file(home / ".cargo/config.toml", "[net]\nretry = 3\n");
         },
         Mends::by_command},
        {"link_replaced",
         [](const NearHome& home) {
             fs::remove(home / ".cargo/registry");
             fs::create_symlink("/usr", home / ".cargo/registry");
         },
         Mends::by_command},
        {"link_replaced",
         [](const NearHome& home) {
             fs::remove(home / ".cargo/registry");
             fs::create_directory(home / ".cargo/registry");
         },
         Mends::by_command},
        {"purged",
         [](const NearHome& home) { fs::remove_all(home / ".cache"); },
         Mends::by_command},
        {"purged", [](const NearHome& home) { fs::remove(home / ".config/cargo/config.toml"); }},
        {"purged", [](const NearHome& home) { fs::remove_all(home / ".config"); }},
        {"link_missing",
         [](const NearHome& home) { fs::remove(home / ".cargo/registry"); },
         Mends::by_command},
        {"moved_back",
         [](const NearHome& home) {
             fs::remove(home / ".cargo/registry");
             fs::rename(home / ".cache/cargo/registry", home / ".cargo/registry");
         },
         Mends::by_command},
        {"gone",
         [](const NearHome& home) {
             fs::remove(home / ".cargo/config.toml");
             fs::remove(home / ".config/cargo/config.toml");
         }},
        {"not_moved",
         [](const NearHome& home) { write_file(home / ".cargo/build/x", ""); },
         Mends::by_command},
        {"open_secret",
         [](const NearHome& home) {
             fs::permissions(
                 home / ".cargo/credentials.toml", fs::perms::others_read, fs::perm_options::add);
         },
         Mends::by_command},
        {"open_directory",
         [](const NearHome& home) { fs::permissions(home / ".cache/cargo", fs::perms::all); },
         Mends::by_command},
        {"leftover", [](const NearHome& home) { write_file(home / ".cargo/.rehome-peer-1", ""); }},
        {"leftover",
         [](const NearHome& home) { write_file(home / ".cache/cargo/.rehome-1-registry", ""); }},
        {"env_missing",
         [](const NearHome& home) {
             write_file(home / ".profile", "umask 022\n. \"$HOME/.cargo/env\"\n");
         },
         Mends::by_command},
        {"path_twice",
         [](const NearHome&) {},
         Mends::not_alone,
         [](const NearHome& home) {
             const std::string bin = (home / ".cargo/bin").string();
             return Variables{{"PATH", bin + ":/usr/bin:" + bin + "/"}};
         }},
        {"path_missing",
         [](const NearHome&) {},
         Mends::not_alone,
         [](const NearHome&) {
             return Variables{{"PATH", "/usr/bin:/bin"}};
         }},
        {"path_spelling",
         [](const NearHome&) {},
         Mends::not_alone,
         [](const NearHome& home) {
             return Variables{{"PATH", (home / ".local/share/cargo/bin").string() + ":/usr/bin"}};
         }},
        {"stray_home",
         [](const NearHome&) {},
         Mends::not_alone,
         [](const NearHome& home) {
             return Variables{{"CARGO_HOME", (home / "other").string()}};
         }},
        {"double_configuration",
         [](const NearHome& home) { write_file(home / "other/config.toml", ""); },
         Mends::not_alone,
         [](const NearHome& home) {
             return Variables{{"CARGO_HOME", (home / "other").string()}};
         }},
        {"orphans",
         [](const NearHome& home) { fs::remove_all(home / ".cargo"); },
         Mends::by_command},
        {"unfinished", cut_last_record},
        {"unreadable",
         [](const NearHome& home) {
             write_file(journal_of(home), "x" + read_file(journal_of(home)));
         }},
        {"home_unusable",
         [](const NearHome& home) {
             fs::remove_all(home / ".rustup");
             write_file(home / ".rustup", "");
         }},
        {"category_home",
         [](const NearHome&) {},
         Mends::not_alone,
         [](const NearHome& home) {
             return Variables{{"RUSTUP_USE_CATEGORY_HOME", "1"},
                              {"RUSTUP_DATA_HOME", (home / "elsewhere").string()}};
         }},
        {"rustup_without_links", [](const NearHome& home) {
             write_program(home / ".local/share/cargo/bin/rustup",
                           "rustup 1.27.0 (bbb9276d2 2024-03-08)");
         }}};
    return all;
}

}  // namespace

TEST_CASE("the doctor finds each fault, and nothing on a healthy home", "[cli]") {
    for (const Fault& fault : faults()) {
        INFO(fault.code);
        const NearHome home;
        make_healthy(home);
        const Command healthy = with_tools(home, {"doctor", "--json"});
        const CommandResult before = run(healthy);
        CHECK(codes_of(before) == Codes{});
        CHECK(before.exit_code == 0);

        fault.make(home);
        Command command = healthy;
        for (const auto& [name, value] : fault.variables ? fault.variables(home) : Variables{}) {
            command.variables[name] = value;
        }
        const Snapshot snapshot = take_snapshot(home.path());
        const CommandResult ill = run(command);
        CHECK(codes_of(ill) == Codes{fault.code});
        CHECK(ill.exit_code == 6);
        command.arguments = {"status", "--sizes"};
        CHECK(run(command).exit_code != 2);
        command.arguments = {"uninstall-check"};
        CHECK(run(command).exit_code != 2);
        CHECK(difference(snapshot, take_snapshot(home.path())) == "");

        if (fault.mends == Mends::by_command) {
            follow_help(home, ill);
            CHECK(codes_of(run(healthy)) == Codes{});
        }
    }
}

TEST_CASE("what was interrupted is healthy again once it was finished", "[cli]") {
    const NearHome home;
    make_healthy(home);
    cut_last_record(home);
    const CommandResult ill = run(with_tools(home, {"doctor"}));
    CHECK(contains(ill.out, "rehome resume finishes it, rehome rollback 1 undoes it"));
    REQUIRE(home.run({"resume"}).exit_code == 0);
    CHECK(run(with_tools(home, {"doctor"})).exit_code == 0);
}

TEST_CASE("a journal that is gone is told from a home that never had one", "[cli]") {
    const NearHome home;
    make_healthy(home);
    fs::remove_all(home / ".local/state/rehome");
    CHECK(codes_of(run(with_tools(home, {"doctor", "--json"}))) ==
          Codes{"no_journal", "no_journal"});
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    fs::remove_all(home / ".local/state/rehome");
    CHECK(codes_of(run(with_tools(home, {"doctor", "--json"}))) == Codes{});
    write_file(home / ".cargo/.rehome", R"({"about": "", "id": "1", "journal": "/nowhere"})");
    CHECK(codes_of(run(with_tools(home, {"doctor", "--json"}))) == Codes{"lost_journal"});
}

TEST_CASE("where nothing is left of a move, its record can be forgotten", "[cli]") {
    const NearHome home;
    make_healthy(home);
    for (const char* name : {".cargo", ".rustup", ".cache", ".config", ".local/share"}) {
        fs::remove_all(home / name);
    }
    const CommandResult ill = run(with_tools(home, {"doctor", "--json"}));
    CHECK(codes_of(ill) == Codes{"nothing_left", "nothing_left"});
    follow_help(home, ill);
    CHECK(codes_of(run(with_tools(home, {"doctor", "--json"}))) == Codes{});
}

TEST_CASE("category homes find what lies where they look", "[cli]") {
    const NearHome home;
    make_healthy(home);
    Command command = with_tools(home, {"doctor", "--json"});
    command.variables["RUSTUP_USE_CATEGORY_HOME"] = "1";
    CHECK(codes_of(run(command)) == Codes{});
    // An explicit RUSTUP_HOME counts more than the platform's directories.
    command.variables["RUSTUP_HOME"] = (home / ".rustup").string();
    CHECK(codes_of(run(command)) == Codes{});
    command.variables.erase("RUSTUP_HOME");
    command.variables["XDG_DATA_HOME"] = (home / "elsewhere").string();
    CHECK(codes_of(run(command)) == Codes{"category_home"});
}

TEST_CASE("an old cargo reads a linked home twice, a new one does not", "[cli]") {
    for (const bool old : {true, false}) {
        const NearHome home;
        fs::rename(home / ".cargo", home / "dotcargo");
        fs::create_directory_symlink(home / "dotcargo", home / ".cargo");
        write_program(home / ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/cargo",
                      old ? "cargo 1.93.1 (083ac5135 2025-12-15)"
                          : "cargo 1.94.0 (083ac5135 2026-03-05)");
        make_healthy(home);
        CHECK(codes_of(run(with_tools(home, {"doctor", "--json"}))) ==
              (old ? Codes{"linked_home"} : Codes{}));
    }
}

TEST_CASE("tmp and toolchains on two filesystems need rustup's permission to copy", "[cli]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    fs::create_directory(home->mounted() / "tmp");
    fs::create_directory_symlink(home->mounted() / "tmp", *home / ".rustup/tmp");
    Command command = home->command({"doctor", "--json"});
    command.variables["PATH"] = "/usr/bin:/bin";
    CHECK(codes_of(run(command)) == Codes{"parted"});
    command.variables["RUSTUP_PERMIT_COPY_RENAME"] = "1";
    CHECK(codes_of(run(command)) == Codes{});
}

TEST_CASE("kept originals are found until they are forgotten", "[cli]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate({"--keep-originals"}).exit_code == 0);
    Command command = home->command({"doctor", "--json"});
    command.variables["PATH"] = "/usr/bin:/bin";
    command.variables["RUSTUP_PERMIT_COPY_RENAME"] = "1";
    const Codes kept = codes_of(run(command));
    REQUIRE_FALSE(kept.empty());
    CHECK(kept == Codes(kept.size(), "kept_original"));
    REQUIRE(home->run({"forget", "1", "--yes"}).exit_code == 0);
    CHECK(codes_of(run(command)) == Codes{});
}

TEST_CASE("a target whose filesystem is away is not called purged", "[cli]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (!home) {
        return;
    }
    REQUIRE(home->migrate().exit_code == 0);
    home->mounted().unmount();
    Command command = home->command({"doctor", "--json"});
    command.variables["PATH"] = "/usr/bin:/bin";
    const Codes codes = codes_of(run(command));
    REQUIRE_FALSE(codes.empty());
    CHECK(codes == Codes(codes.size(), "not_mounted"));
    CHECK(contains(home->run({"status"}).out, "not mounted"));
}
