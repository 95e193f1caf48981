#include "apply/homes_lock.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "os/interrupt.hpp"
#include "rust/cargo_locks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

namespace rehome::apply {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll{20};

// Why we wait: what for, and which processes have it.
struct Obstacle {
    std::string what;
    std::vector<int> holders;
};

base::Error busy(const Obstacle& obstacle, std::chrono::milliseconds waited) {
    std::vector<std::string> pids;
    for (const int holder : obstacle.holders) {
        pids.push_back(fmt::format("{}", holder));
    }
    const std::string by = pids.empty() ? "" : fmt::format(" (pid {})", base::listed(pids));
    return {base::Kind::busy,
            fmt::format("{} is still busy{} after {} s; nothing was changed",
                        obstacle.what,
                        by,
                        std::chrono::duration<double>(waited).count()),
            "wait until it has finished, or give it more time with --wait SECONDS"};
}

// Tries until it succeeds or the time is over. `attempt` answers nothing on success.
void wait_for(const std::function<std::optional<Obstacle>()>& attempt,
              std::chrono::milliseconds wait, const Tell& tell) {
    const Clock::time_point deadline = Clock::now() + wait;
    bool told = false;
    for (;;) {
        os::check_interrupt();
        const std::optional<Obstacle> obstacle = attempt();
        if (!obstacle) {
            return;
        }
        if (Clock::now() >= deadline) {
            throw busy(*obstacle, wait);
        }
        if (!told) {
            tell("Blocking", "waiting for " + obstacle->what);
            told = true;
        }
        std::this_thread::sleep_for(poll);
    }
}

std::optional<Obstacle> tools_at_work(const std::vector<rust::WatchedHome>& homes) {
    Obstacle obstacle;
    for (const rust::RunningTool& tool : rust::running_tools(homes)) {
        if (tool.blocks) {
            obstacle.what = tool.name;
            obstacle.holders.push_back(tool.id);
        }
    }
    return obstacle.holders.empty() ? std::nullopt : std::optional(obstacle);
}

}  // namespace

HomesLock HomesLock::take(const os::ReadFs& fs, std::vector<rust::WatchedHome> homes,
                          std::chrono::milliseconds wait, const Tell& tell) {
    HomesLock lock;
    // Every rehome takes them in the same order, so that two of them cannot wait for each other.
    std::ranges::sort(homes, {}, &rust::WatchedHome::path);
    for (const rust::WatchedHome& home : homes) {
        const os::Directory directory = fs.open(home.path);
        wait_for(
            [&]() -> std::optional<Obstacle> {
                if (std::optional<os::FileLock> own = os::FileLock::try_lock(directory)) {
                    lock.locks_.push_back(*std::move(own));
                    return std::nullopt;
                }
                return Obstacle{
                    fmt::format("another rehome on {}", base::in_quotes(home.path.native())),
                    os::lock_holders(fs.look(directory))};
            },
            wait,
            tell);
    }
    for (const rust::WatchedHome& home : homes) {
        if (home.name != rust::HomeName::cargo) {
            continue;
        }
        const os::Directory directory = fs.open(home.path);
        wait_for(
            [&]() -> std::optional<Obstacle> {
                std::string name;
                if (auto locks = rust::try_lock_caches(directory, name)) {
                    std::ranges::move(*locks, std::back_inserter(lock.locks_));
                    return std::nullopt;
                }
                const std::optional<os::FileInfo> file = fs.look({directory, name});
                return Obstacle{"file lock on cargo's package cache",
                                file ? os::lock_holders(*file) : std::vector<int>()};
            },
            wait,
            tell);
    }
    wait_for([&] { return tools_at_work(homes); }, wait, tell);
    return lock;
}

}  // namespace rehome::apply
