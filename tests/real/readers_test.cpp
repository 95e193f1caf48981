#include "support/command.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using rehome::support::CommandResult;
using rehome::support::rehome_command;
using rehome::support::run;
using rehome::support::TempDir;
using rehome::support::write_file;
namespace fs = std::filesystem;

namespace {

// A name in a home, and a file that is reached by it.
struct Watched {
    fs::path item;
    fs::path file;
    std::string content;
};

struct Reads {
    long from_thing = 0;  // the item was no link before and after the read
    long from_link = 0;
    std::vector<std::string> misses;
};

// Its text, or why it could not be read.
std::string read_now(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return std::strerror(errno);
    }
    std::array<char, 100> buffer = {};
    const ssize_t size = ::read(file, buffer.data(), buffer.size());
    ::close(file);
    return {buffer.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

void read_all(const std::vector<Watched>& watched, const std::atomic<bool>& moving, Reads& reads) {
    while (moving) {
        for (const Watched& each : watched) {
            const bool link_before = fs::is_symlink(each.item);
            const std::string found = read_now(each.file);
            const bool link_after = fs::is_symlink(each.item);
            if (found != each.content) {
                reads.misses.push_back(fmt::format("{}: {}", each.file.string(), found));
            } else if (link_before == link_after) {
                ++(link_before ? reads.from_link : reads.from_thing);
            }
        }
    }
}

std::vector<Watched> make_homes(const fs::path& home) {
    std::vector<Watched> watched;
    for (const char* name : {".cargo/config.toml", ".cargo/env", ".rustup/settings.toml"}) {
        watched.push_back({home / name, home / name, fmt::format("# {}\n", name)});
    }
    for (const char* name : {".cargo/bin", ".cargo/registry", ".rustup/toolchains"}) {
        const fs::path file = home / name / "below/file";
        watched.push_back({home / name, file, fmt::format("# {}\n", name)});
    }
    for (const Watched& each : watched) {
        write_file(each.file, each.content);
    }
    return watched;
}

}  // namespace

TEST_CASE("readers under the old paths never see a file missing", "[real]") {
    constexpr int rounds = 100;
    const TempDir home;
    const std::vector<Watched> watched = make_homes(home.path());
    std::atomic<bool> moving = true;
    std::array<Reads, 2> reads;
    std::vector<std::thread> readers;
    for (Reads& each : reads) {
        readers.emplace_back([&] { read_all(watched, moving, each); });
    }

    std::string complaint;
    for (int round = 0; round < rounds && complaint.empty(); ++round) {
        const CommandResult there =
            run(rehome_command(home.path(), {"migrate", "--apply", "--yes"}));
        const CommandResult back = run(rehome_command(home.path(), {"rollback", "--yes"}));
        if (there.exit_code != 0 || back.exit_code != 0) {
            complaint = there.err + back.err;
        }
    }
    moving = false;
    for (std::thread& reader : readers) {
        reader.join();
    }

    CHECK(complaint.empty());
    for (const Reads& each : reads) {
        CHECK(each.misses == std::vector<std::string>{});
        CHECK(each.from_thing > rounds);
        CHECK(each.from_link > rounds);
    }
}
