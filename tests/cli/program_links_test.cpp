// Links to cargo's programs in a directory that others share: made, kept up to date, taken back,
// and nothing of the others is touched.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "cli/near_home.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>

using namespace rehome::cli_tests;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

void write_program(const fs::path& path, const std::string& says) {
    write_file(path, "#!/bin/sh\necho " + says + "\n");
    fs::permissions(path, fs::perms::owner_all);
}

std::string said_by(const fs::path& program) {
    return run({.program = program, .arguments = {}}).out;
}

struct SharedBin : NearHome {
    SharedBin() {
        write_program(*this / ".cargo/bin/mill", "grinds");
        write_program(*this / ".cargo/bin/loom", "weaves");
        write_file(*this / ".cargo/bin/notes.txt", "no program");
        write_program(*this / ".local/bin/loom", "of somebody else");
        write_program(*this / ".local/bin/other", "other");
    }

    [[nodiscard]] CommandResult migrate_with_links() const {
        return migrate({"--bin-links", (*this / ".local/bin").string() + "/"});
    }
};

}  // namespace

TEST_CASE("each program gets a link, and what others have there stays theirs", "[cli]") {
    const SharedBin home;
    const Snapshot before = home.snapshot();
    const CommandResult migrated = home.migrate_with_links();
    INFO(migrated.err);
    REQUIRE(migrated.exit_code == 0);
    CHECK_THAT(migrated.err, Catch::Contains("has loom of its own: it is left as it is"));
    CHECK(fs::read_symlink(home / ".local/bin/mill") == home / ".cargo/bin/mill");
    CHECK(said_by(home / ".local/bin/mill") == "grinds\n");
    CHECK(said_by(home / ".local/bin/loom") == "of somebody else\n");
    CHECK_FALSE(fs::exists(home / ".local/bin/notes.txt"));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(before, home.snapshot()) == "");
}

TEST_CASE("a repair keeps the links to programs up to date", "[cli]") {
    const SharedBin home;
    REQUIRE(home.migrate_with_links().exit_code == 0);
    CHECK_THAT(home.run({"repair"}).err, Catch::Contains("nothing to mend"));
    write_program(home / ".cargo/bin/plough", "ploughs");
    fs::remove(home / ".cargo/bin/mill");
    fs::remove(home / ".local/bin/loom");
    CHECK_THAT(home.run({"doctor"}).out,
               Catch::Contains("no link to loom and plough, no program behind mill"));
    const Snapshot before = home.snapshot(Inodes::left_out);
    REQUIRE(home.run({"repair", "--apply", "--yes"}).exit_code == 0);
    CHECK(said_by(home / ".local/bin/plough") == "ploughs\n");
    CHECK(said_by(home / ".local/bin/loom") == "weaves\n");
    CHECK_FALSE(fs::is_symlink(home / ".local/bin/mill"));
    CHECK(said_by(home / ".local/bin/other") == "other\n");
    CHECK_THAT(home.run({"repair"}).err, Catch::Contains("nothing to mend"));
    REQUIRE(home.run({"rollback", "--yes"}).exit_code == 0);
    Snapshot after = home.snapshot(Inodes::left_out);
    after.erase(".cargo/.rehome");
    Snapshot wanted = before;
    wanted.erase(".cargo/.rehome");
    CHECK(difference(wanted, after) == "");
}

TEST_CASE("links to programs can come later, and are not what a home is emptied with", "[cli]") {
    const SharedBin home;
    REQUIRE(home.migrate().exit_code == 0);
    const std::string bin = (home / ".local/bin").string();
    const CommandResult plan = home.run({"migrate", "--bin-links", bin});
    CHECK_THAT(plan.err, Catch::Contains("would link 1 program in ~/.local/bin; add --apply"));
    CHECK(home.migrate({"--bin-links", bin}).exit_code == 0);
    CHECK(said_by(home / ".local/bin/mill") == "grinds\n");
    CHECK_THAT(home.run({"history"}).out, Catch::Contains("links to programs of ~/.cargo"));
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK_FALSE(fs::is_symlink(home / ".local/bin/mill"));
    CHECK(fs::is_symlink(home / ".cargo/bin"));
    for (const char* wrong : {".cargo/links", ".local/share/cargo/bin"}) {
        const CommandResult refused = home.run({"migrate", "--bin-links", (home / wrong).string()});
        CHECK(refused.exit_code == 3);
        CHECK_THAT(refused.err, Catch::Contains("they belong into a directory that PATH has"));
    }
}

TEST_CASE("a kill at any call with links to programs can be rolled back or resumed", "[cli]") {
    for (const Way way : {Way::back, Way::on}) {
        std::size_t points = 1;
        for (std::size_t call = 0; call <= points; ++call) {
            Migration home;
            write_program(home / ".cargo/bin/mill", "grinds");
            fs::create_directories(home / "bin");
            fs::create_symlink(home / ".cargo/bin/gone", home / "bin/gone");
            home.request.program_links = home / "bin";
            const Snapshot before = home.snapshot();
            FaultFs faults(FaultFs::Fault::death, static_cast<int>(call), EIO);
            rehome::os::Fs real;
            if (call == 0) {
                home.apply(faults);
                points = faults.calls().size();
                CHECK(said_by(home / "bin/mill") == "grinds\n");
                CHECK_FALSE(fs::is_symlink(home / "bin/gone"));
            } else {
                CHECK_THROWS(home.apply(faults));
                recover(home, real, way);
            }
            INFO("call " << call << " of " << points);
            if (!home.journals().empty() &&
                home.journals().back().stage != rehome::journal::Stage::closed) {
                recover(home, real, Way::back);
            }
            Snapshot after = home.snapshot();
            after["bin/gone"].inode = before.at("bin/gone").inode;  // made again
            after["bin/gone"].mtime = before.at("bin/gone").mtime;
            CHECK(difference(before, after) == "");
        }
    }
}
