// The options of copying, with a memory filesystem as the other one.
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <sys/stat.h>

using namespace rehome;
using support::CommandResult;

namespace {

// A directory on /dev/shm, removed at the end.
class MemoryDirectory {
public:
    MemoryDirectory() {
        std::string name = "/dev/shm/rehome-XXXXXX";
        path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    }

    MemoryDirectory(const MemoryDirectory&) = delete;
    MemoryDirectory& operator=(const MemoryDirectory&) = delete;

    ~MemoryDirectory() {
        if (!path_.empty()) {
            std::filesystem::remove_all(path_);
        }
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

struct TwoFilesystems {
    support::TempDir directory;
    MemoryDirectory memory;

    TwoFilesystems() {
        support::write_file(directory / ".cargo/config.toml", "x");
        support::write_file(directory / ".cargo/registry/cache/i/a.crate", "x");
        support::write_file(directory / ".cargo/registry/src/i/a/lib.rs", "x");
    }

    // Whether the two can be told apart here; says why a test is skipped.
    [[nodiscard]] bool there() const {
        struct stat one {};

        struct stat other {};

        const bool differ = ::stat(directory.path().c_str(), &one) == 0 &&
                            ::stat(memory.path().c_str(), &other) == 0 &&
                            one.st_dev != other.st_dev;
        if (!differ) {
            WARN("SKIPPED: there is no second filesystem at /dev/shm");
        }
        return differ;
    }

    [[nodiscard]] CommandResult migrate(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{
            "migrate", "--cache-dir", memory.path().string(), "--allow-volatile"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        support::Command command = support::rehome_command(directory.path(), arguments);
        command.variables = support::variables_of(directory.path());
        return support::run(command);
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the plan says what is copied, how much and where to", "[cli]") {
    const TwoFilesystems home;
    if (!home.there()) {
        return;
    }
    const support::Snapshot before = support::take_snapshot(home.directory.path());
    const CommandResult result = home.migrate({});
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "  copy  "));
    CHECK(contains(result.out, "  rename  "));
    CHECK(contains(result.err, "(1 by rename and 1 copied to '/dev/shm', "));
    CHECK(support::difference(before, support::take_snapshot(home.directory.path())) == "");
}

TEST_CASE("the options of copying are in the plan", "[cli]") {
    const TwoFilesystems home;
    if (!home.there()) {
        return;
    }
    const CommandResult result = home.migrate(
        {"--json", "--offline", "--keep-originals", "--verify", "disk", "--drop", "regenerable"});
    REQUIRE(result.exit_code == 0);
    const boost::json::value document = boost::json::parse(result.out);
    const boost::json::object& request = document.at("plan").as_object().at("request").as_object();
    CHECK(request.at("offline").as_bool());
    CHECK(request.at("keep_originals").as_bool());
    CHECK(request.at("drop_regenerable").as_bool());
    CHECK(request.at("verify").as_string() == "disk");
}

TEST_CASE("the sizes of copies are measured whatever is asked for", "[cli]") {
    const TwoFilesystems home;
    if (!home.there()) {
        return;
    }
    REQUIRE(::mkfifo((home.directory / ".cargo/registry/pipe").c_str(), 0600) == 0);
    const CommandResult result = home.migrate({"--apply", "--yes"});
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "registry/pipe' in cargo/registry is a socket, a device or a pipe"));
}

TEST_CASE("the plan says what is dropped, what that saves and what it costs", "[cli]") {
    const TwoFilesystems home;
    if (!home.there()) {
        return;
    }
    const CommandResult result = home.migrate({"--drop", "regenerable"});
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err,
                   "cargo/registry/src is not copied: cargo makes it again from "
                   "cargo/registry/cache"));
    CHECK(contains(result.err, "rollback does not bring it back"));
    CHECK(contains(result.err, "in 1 file of cargo/registry"));
    CHECK(contains(result.out, "in 1 file are not copied (--drop)"));
    CHECK(contains(result.err, " in 3 files (1 by rename and 1 copied to '/dev/shm', "));
    CHECK(contains(result.err, " in 1 file);"));
}

TEST_CASE("tmp follows toolchains to another filesystem", "[cli]") {
    const TwoFilesystems home;
    if (!home.there()) {
        return;
    }
    support::write_file(home.directory / ".rustup/toolchains/t/bin/rustc", "x");
    std::filesystem::create_directory(home.directory / ".rustup/tmp");
    const std::string memory = home.memory.path().string();
    const CommandResult together = home.migrate({"--only", "data", "--data-dir", memory});
    CHECK(contains(together.out, "must be on the filesystem of rustup/toolchains"));
    CHECK_FALSE(contains(together.err, "RUSTUP_PERMIT_COPY_RENAME"));
    const CommandResult apart =
        home.migrate({"--only", "data", "--data-dir", memory, "--exclude", "rustup/tmp"});
    CHECK(contains(apart.err, "RUSTUP_PERMIT_COPY_RENAME=1"));
}
