// The real tools at work without a pause, and rehome that moves their homes to and fro all the
// while: no command fails, and at the end all is there. REHOME_SOAK_SECONDS says for how long, both
// cases together (`./x soak`); else a minute.
#include "real/place.hpp"
#include "real/registry_server.hpp"
#include "real/rounds.hpp"
#include "real/rust_home.hpp"
#include "real/tools.hpp"
#include "real/worker.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace rehome::real;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

std::chrono::milliseconds part_of_soak(double part) {
    const char* seconds = std::getenv("REHOME_SOAK_SECONDS");
    const double all = seconds == nullptr ? 60 : std::stod(seconds);
    return std::chrono::milliseconds(static_cast<long>(all * part * 1000));
}

// Each at work in a thread until told to stop, or until there is trouble.
class Staff {
public:
    explicit Staff(Tools& tools) : tools_(tools) {
        workers_.push_back(make_builder(tools));
        workers_.push_back(make_compiler(tools));
        workers_.push_back(make_installer(tools));
        workers_.push_back(make_keeper(tools));
        for (const auto& worker : workers_) {
            threads_.emplace_back([this, &worker] { work(*worker); });
        }
    }

    Staff(const Staff&) = delete;
    Staff& operator=(const Staff&) = delete;

    ~Staff() { stop(); }

    void stop() {
        stop_ = true;
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
    }

    void check() const {
        for (const auto& worker : workers_) {
            worker->check();
        }
    }

private:
    void work(Worker& worker) {
        try {
            while (!stop_ && tools_.trouble().empty()) {
                worker.work();
            }
        } catch (const std::exception& error) {
            tools_.complain(error.what());
        }
    }

    Tools& tools_;
    std::atomic<bool> stop_ = false;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
};

// What rehome leaves in the homes and where their items were.
std::vector<std::string> remnants(const RustHome& rust, const fs::path& place) {
    std::vector<std::string> found = compat_links(rust);
    for (const fs::path& home : {rust.cargo_home(), rust.rustup_home()}) {
        for (const auto& entry : fs::directory_iterator(home)) {
            if (entry.path().filename().string().starts_with(".rehome")) {
                found.push_back(entry.path().string());
            }
        }
    }
    for (const char* directory : {".config", ".cache", ".local/share", ".local/state"}) {
        for (const char* name : {"cargo", "rustup"}) {
            if (fs::exists(rust.home() / directory / name)) {
                found.push_back(fmt::format("~/{}/{}", directory, name));
            }
        }
    }
    // Copies that are kept and named (.rehome-ID-NAME) may be left there.
    for (const char* item : {"cache/cargo/registry",
                             "cache/cargo/git",
                             "data/cargo/bin",
                             "data/rustup/toolchains",
                             "cache/rustup/tmp"}) {
        if (fs::exists(place / item)) {
            found.push_back((place / item).string());
        }
    }
    return found;
}

void check_history(const RustHome& rust, const Rounds& rounds) {
    int lines = 0;
    std::istringstream history(rust.run("rehome", {"history"}).out);
    for (std::string line; std::getline(history, line); ++lines) {
        CHECK(line.find("rolled back") != std::string::npos);
    }
    CHECK(lines == rounds.transactions());
    rust.run("rehome", {"migrate", "--dry-run"});
}

void report(const std::string& name, const Tools& tools, const Rounds& rounds,
            std::chrono::milliseconds time) {
    int all = 0;
    std::string kinds;
    for (const auto& [kind, count] : tools.counts()) {
        all += count;
        kinds += fmt::format(" {} x {};", count, kind);
    }
    fmt::print("{}, {} s: {}\n  {} commands:{} {}\n",
               name,
               time.count() / 1000,
               rounds.text(),
               all,
               kinds,
               tools.trouble().empty() ? "none failed" : "TROUBLE");
}

void soak(const std::string& name, Tools& tools, Rounds rounds, std::chrono::milliseconds time,
          const fs::path& place) {
    Staff staff(tools);
    const auto end = Clock::now() + time;
    const auto may_go_on = [&] { return Clock::now() < end && tools.trouble().empty(); };
    while (may_go_on()) {
        rounds.go(may_go_on);
    }
    staff.stop();
    report(name, tools, rounds, time);
    INFO(tools.trouble());
    REQUIRE(tools.trouble().empty());
    staff.check();
    CHECK(remnants(tools.rust(), place) == std::vector<std::string>{});
    check_history(tools.rust(), rounds);
    CHECK(rounds.rounds() > 0);
    CHECK(rounds.beside_tools() * 10 >= rounds.rounds() * 9);
}

// A toolchain that moves with the home, as users have it: what a build runs and links lies in it.
void copy_toolchain(const Machine& machine, const fs::path& to) {
    fs::create_directories(to / "bin");
    for (const char* name : {"bin/cargo", "bin/rustc", "lib"}) {
        succeed({.program = *rehome::support::which("cp"),
                 .arguments = {"-a", (machine.toolchain / name).string(), (to / name).string()}});
    }
}

}  // namespace

TEST_CASE("no tool fails while homes move to and fro beside it", "[real][soak]") {
    const auto machine = machine_with_rust();
    if (!machine) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    copy_toolchain(*machine, rust.rustup_home() / "toolchains/own");
    const rehome::support::TempDir nowhere;
    Tools tools(rust, "own", std::chrono::milliseconds(30));
    soak("one filesystem",
         tools,
         Rounds(tools,
                {{"migrate", "--apply", "--yes"},
                 {"migrate", "--apply", "--yes", "--legacy-home", "link"}},
                {4}),
         part_of_soak(0.7),
         nowhere.path());
}

// Every cargo is in the way of a copy, so they pause now and then.
TEST_CASE("no tool fails while homes are copied to a tmpfs and back beside it", "[real][soak]") {
    const auto machine = machine_with_rust();
    const auto place = machine ? place_or_skip(TargetsLieOn::tmpfs) : nullptr;
    if (!place) {
        return;
    }
    const RustHome rust(*machine);
    const RegistryServer server(rust);
    fs::create_directory(rust.rustup_home() / "tmp");
    Tools tools(rust, "machine", std::chrono::milliseconds(500));
    soak("across filesystems",
         tools,
         // What goes on changing while it is copied is put back (1).
         Rounds(tools, {place->migrate()}, {4, 1}),
         part_of_soak(0.3),
         place->path());
}
