#include "apply/homes_lock.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "os/interrupt.hpp"
#include "os/lock_holders.hpp"
#include "os/tree_users.hpp"
#include "plan/place_checks.hpp"
#include "rust/cargo_locks.hpp"
#include "rust/item_locks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

namespace rehome::apply {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll{20};

// Why we wait: what for, and which processes have it, or the locked file that tells.
struct Obstacle {
    std::string what;
    std::vector<int> holders = {};
    std::optional<os::FileInfo> locked = {};
};

std::string holders_of(const Obstacle& obstacle) {
    std::vector<std::string> holders;
    for (const int holder : obstacle.holders) {
        holders.push_back(fmt::format("{}", holder));
    }
    if (!obstacle.locked) {
        return fmt::format("pid {}", base::listed(holders));
    }
    for (const os::LockHolder& holder : os::lock_holders(*obstacle.locked)) {
        holders.push_back(fmt::format("{}, pid {}", base::printable(holder.name), holder.id));
    }
    return holders.empty() ? "held by a process that cannot be seen from here"
                           : fmt::format("held by {}", base::listed(holders));
}

base::Error busy(const Obstacle& obstacle, std::chrono::milliseconds waited) {
    return {base::Kind::busy,
            fmt::format("{} is still busy ({}) after {} s",
                        obstacle.what,
                        holders_of(obstacle),
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

std::optional<Obstacle> tools_at_work(const std::vector<rust::WatchedHome>& homes,
                                      bool (*is_in_the_way)(const rust::RunningTool&)) {
    Obstacle obstacle;
    for (const rust::RunningTool& tool : rust::running_tools(homes)) {
        if (is_in_the_way(tool)) {
            obstacle.what = tool.name;
            obstacle.holders.push_back(tool.id);
        }
    }
    return obstacle.holders.empty() ? std::nullopt : std::optional(obstacle);
}

// On one filesystem what an exchange can hurt is in the way; across filesystems whatever may write.
bool hinders_exchange(const rust::RunningTool& tool) {
    return tool.blocks;
}

bool hinders_copy(const rust::RunningTool& tool) {
    return tool.blocks || tool.may_write;
}

bool takes_no_lock(const rust::RunningTool& tool) {
    return tool.takes_no_lock;
}

std::vector<int> compilers(const std::vector<rust::WatchedHome>& homes) {
    constexpr std::array names{"rustc", "rustdoc", "clippy-driver"};
    std::vector<int> processes;
    for (const rust::RunningTool& tool : rust::running_tools(homes)) {
        if (std::ranges::find(names, tool.name) != names.end()) {
            processes.push_back(tool.id);
        }
    }
    return processes;
}

std::optional<Obstacle> writers(const std::vector<std::filesystem::path>& trees) {
    Obstacle obstacle;
    for (const os::TreeUser& user : os::users_of(trees)) {
        if (user.writes) {
            obstacle.what = fmt::format("{}, which has {} open for writing",
                                        user.name,
                                        base::in_quotes(user.what.native()));
            obstacle.holders.push_back(user.id);
        }
    }
    return obstacle.holders.empty() ? std::nullopt : std::optional(obstacle);
}

using TryLocks = std::optional<std::vector<os::FileLock>> (*)(const os::ReadFs&,
                                                              const os::Directory&, std::string&);

// Takes one kind of cargo's locks into `locks`, or says who has it.
std::optional<Obstacle> take_cargo_locks(const os::ReadFs& fs, const os::Directory& home,
                                         std::string_view of_what, TryLocks try_locks,
                                         std::vector<os::FileLock>& locks) {
    std::string name;
    if (auto taken = try_locks(fs, home, name)) {
        std::ranges::move(*taken, std::back_inserter(locks));
        return std::nullopt;
    }
    return Obstacle{
        .what = fmt::format("file lock on {}", of_what.empty() ? base::in_quotes(name) : of_what),
        .locked = fs.look_through(home / name)};
}

std::optional<std::vector<os::FileLock>> try_caches(const os::ReadFs&, const os::Directory& home,
                                                    std::string& busy) {
    return rust::try_lock_caches(home, busy);
}

}  // namespace

HomesLock HomesLock::take_own(const os::ReadFs& fs, std::vector<rust::WatchedHome> homes,
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
                return Obstacle{.what = fmt::format("another rehome on {}",
                                                    base::in_quotes(home.path.native())),
                                .locked = fs.look(directory)};
            },
            wait,
            tell);
    }
    lock.homes_ = std::move(homes);
    return lock;
}

void HomesLock::watch(const std::filesystem::path& item, std::filesystem::path target) {
    for (rust::WatchedHome& home : homes_) {
        if (plan::lies_in(item, home.path)) {
            home.places.push_back(std::move(target));
            return;
        }
    }
}

void HomesLock::take_tools(const os::ReadFs& fs, std::chrono::milliseconds wait, const Tell& tell,
                           const std::vector<std::filesystem::path>& copied) {
    if (has_tools_) {
        return;
    }
    const bool copies = !copied.empty();
    const auto attempt = [&]() -> std::optional<Obstacle> {
        std::vector<os::FileLock> taken;
        for (const rust::WatchedHome& home : homes_) {
            if (home.name != rust::HomeName::cargo) {
                continue;
            }
            const os::Directory directory = fs.open(home.path);
            std::optional<Obstacle> obstacle =
                take_cargo_locks(fs, directory, "cargo's package cache", try_caches, taken);
            if (!obstacle && copies) {
                obstacle = take_cargo_locks(fs, directory, "", rust::try_lock_items, taken);
            }
            if (obstacle) {
                return obstacle;
            }
        }
        std::optional<Obstacle> obstacle =
            tools_at_work(homes_, copies ? hinders_copy : hinders_exchange);
        if (!obstacle && copies) {
            obstacle = writers(copied);
        }
        if (!obstacle) {
            std::ranges::move(taken, std::back_inserter(locks_));
        }
        return obstacle;
    };
    wait_for(attempt, wait, tell);
    has_tools_ = true;
    copied_ = copied;
}

// rustup reads its settings before it does anything (rustup 1.29): while they cannot be opened,
// none begins. Where leases are not to be had, one may begin between the last look and the switch.
std::optional<os::Lease> HomesLock::keep_rustup_waiting() const {
    constexpr int attempts = 100;
    const auto home = std::ranges::find(homes_, rust::HomeName::rustup, &rust::WatchedHome::name);
    if (home == homes_.end()) {
        return std::nullopt;
    }
    os::Lease::Refusal refusal = os::Lease::Refusal::in_use;
    std::optional<os::Lease> lease;
    for (int attempt = 0; refusal == os::Lease::Refusal::in_use && attempt < attempts; ++attempt) {
        if (attempt > 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        lease = os::Lease::take(home->path / "settings.toml", refusal);
    }
    return lease;
}

std::optional<os::Lease> HomesLock::let_tools_rest(const os::ReadFs& fs,
                                                   const std::function<bool()>& take_in,
                                                   std::chrono::milliseconds wait,
                                                   const Tell& tell) {
    constexpr int rounds = 10;
    const auto at_work = [&] { return tools_at_work(homes_, takes_no_lock); };
    for (int round = 0; round < rounds; ++round) {
        wait_for(at_work, wait, tell);
        if (writers(copied_)) {
            let_tools_go();
            take_tools(fs, wait, tell, copied_);
        }
        if (take_in()) {
            continue;
        }
        std::optional<os::Lease> lease = keep_rustup_waiting();
        if (!writers(copied_) && !at_work()) {
            return lease;
        }
    }
    throw base::Error(base::Kind::busy,
                      "other programs go on changing what is copied",
                      "wait until they have finished, then run the command again");
}

void HomesLock::let_tools_go() {
    const auto of_tools = static_cast<std::ptrdiff_t>(homes_.size());  // our own come first
    locks_.erase(locks_.begin() + of_tools, locks_.end());
    has_tools_ = false;
}

void HomesLock::wait_for_compilers(std::chrono::milliseconds wait, const Tell& tell) const {
    const std::vector<int> begun = compilers(homes_);
    wait_while(
        [&] {
            const std::vector<int> now = compilers(homes_);
            return std::ranges::any_of(
                begun, [&](int process) { return std::ranges::find(now, process) != now.end(); });
        },
        wait,
        [&] { tell("Blocking", "waiting for a compiler to finish"); });
}

void wait_while(const std::function<bool()>& condition, std::chrono::milliseconds wait,
                const std::function<void()>& tell) {
    const Clock::time_point deadline = Clock::now() + wait;
    for (bool told = false; condition() && Clock::now() < deadline && !os::interrupted();
         told = true) {
        if (!told) {
            tell();
        }
        std::this_thread::sleep_for(poll);
    }
}

}  // namespace rehome::apply
