#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>

namespace rehome::sweep {
namespace {

constexpr std::size_t stories_shown = 5;

// A sweep starts rehome thousands of times, and the sanitizers make each start slow; they have the
// sweeps of tests/apply.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// Twice as many as processors: a run waits for the clock and for its child.
unsigned threads() {
    return 2 * std::max(1U, std::thread::hardware_concurrency());
}

class Points {
public:
    explicit Points(std::size_t count) : count_(count) {}

    // Returns when none is left. Threads may do that together.
    void work_off(const OutcomeOf& outcome) {
        for (std::size_t point = ++last_; point <= count_; point = ++last_) {
            Outcome one;
            try {
                one = outcome(point);
            } catch (const std::exception& error) {
                one.story = fmt::format("point {}: {}", point, error.what());
            }
            const std::lock_guard lock(mutex_);
            tally_.add(std::move(one));
        }
    }

    [[nodiscard]] const Tally& tally() const { return tally_; }

private:
    std::size_t count_;
    std::atomic<std::size_t> last_ = 0;
    std::mutex mutex_;
    Tally tally_;
};

std::string said(const WatchedRun& run) {
    return fmt::format("exit {}{}: {}{}",
                       run.ended.exit_code,
                       run.ended.timed_out ? ", timed out" : "",
                       run.ended.out,
                       run.ended.err);
}

}  // namespace

void Tally::add(Outcome outcome) {
    points += 1;
    struck += outcome.has_struck ? 1 : 0;
    original += outcome.end == End::original ? 1 : 0;
    finished += outcome.end == End::finished ? 1 : 0;
    if (outcome.end == End::other) {
        others.push_back(std::move(outcome.story));
    }
}

Tally& Tally::operator+=(const Tally& more) {
    points += more.points;
    struck += more.struck;
    original += more.original;
    finished += more.finished;
    others.insert(others.end(), more.others.begin(), more.others.end());
    return *this;
}

std::string Tally::text() const {
    return fmt::format("{} points, {} struck, {} ended original, {} ended finished, {} other",
                       points,
                       struck,
                       original,
                       finished,
                       others.size());
}

std::string Tally::stories() const {
    std::string text;
    for (std::size_t i = 0; i < std::min(stories_shown, others.size()); ++i) {
        text += others[i] + "\n";
    }
    return text;
}

Tally for_each_point(std::size_t points, const OutcomeOf& outcome) {
    Points all(points);
    {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < threads(); ++i) {
            others.emplace_back([&] { all.work_off(outcome); });
        }
        all.work_off(outcome);
    }
    return all.tally();
}

Tally for_each_point_apart(std::size_t points,
                           const std::function<OutcomeOf()>& outcome_of_thread) {
    Points all(points);
    {
        std::latch ready(threads());
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads(); ++i) {
            workers.emplace_back([&] {
                OutcomeOf outcome;
                try {
                    outcome = outcome_of_thread();
                } catch (const std::exception& error) {
                    const std::string reason = error.what();
                    outcome = [reason](std::size_t) { return Outcome{.story = reason}; };
                }
                ready.arrive_and_wait();
                all.work_off(outcome);
            });
        }
    }
    return all.tally();
}

support::Command command_of(const Scene& scene, Way way) {
    return way == Way::back ? scene.rollback() : scene.resume();
}

std::vector<std::string_view> calls_of(const Subject& subject, const Site& site) {
    const Scene scene(subject.ground, subject.sample, site);
    subject.prepare(scene);
    const WatchedRun run = scene.run(subject.act(scene));
    INFO(subject.name << ": " << said(run));
    REQUIRE(run.ended.exit_code == 0);
    return run.calls;
}

support::Snapshot finished_form(Ground ground, const char* sample, const Site& site) {
    const Scene scene(ground, sample, site);
    const WatchedRun run = scene.run(scene.apply());
    INFO(said(run));
    REQUIRE(run.ended.exit_code == 0);
    REQUIRE(scene.unreachable() == "");
    return scene.form();
}

End end_of(const Scene& scene, const support::Snapshot& finished, std::string& wrong) {
    const std::string stage = scene.stage();
    if (stage == "closed" || stage == "none") {
        wrong += scene.unlike_original();
    } else if (stage == "committed") {
        wrong += support::difference(finished, scene.form());
    } else {
        wrong += fmt::format("the journal says: {}\n", stage);
    }
    wrong += scene.unreachable();
    wrong += scene.state_left_over();
    if (!wrong.empty()) {
        return End::other;
    }
    return stage == "committed" ? End::finished : End::original;
}

Outcome recovered(const Scene& scene, Way way, const support::Snapshot& finished,
                  std::string story) {
    Outcome outcome;
    std::string wrong = scene.unreachable();
    const WatchedRun run = run_watched(command_of(scene, way));
    story += fmt::format("then {}: {}", way == Way::back ? "rollback" : "resume", said(run));
    if (run.ended.exit_code != 0) {
        wrong += "that did not end with 0\n";
    }
    outcome.end = end_of(scene, finished, wrong);
    if (wrong.empty() && outcome.end == End::finished) {
        const WatchedRun back = run_watched(scene.rollback());
        story += fmt::format("then rollback: {}", said(back));
        if (back.ended.exit_code != 0 || end_of(scene, finished, wrong) != End::original) {
            wrong += "that did not lead to the original\n";
        }
        if (way == Way::back) {
            wrong += "rollback ended with the finished state\n";
        }
    }
    if (!wrong.empty()) {
        outcome.end = End::other;
        outcome.story = story + wrong;
    }
    return outcome;
}

void report(const std::string& name, const Tally& tally) {
    fmt::print("{}: {}\n", name, tally.text());
    std::fflush(stdout);
    INFO(name << "\n" << tally.stories());
    CHECK(tally.points > 0);
    CHECK(tally.struck == tally.points);
    CHECK(tally.others.empty());
}

bool is_skipped(Ground ground) {
    std::string reason = why_not_on(ground);
    if (const std::string why = why_unwatchable(); reason.empty() && !why.empty()) {
        reason = "the calls of a child cannot be watched here: " + why;
    }
    if (is_sanitized) {
        reason = "the sweeps take the release build";
    }
    if (!reason.empty()) {
        fmt::print("SKIPPED: {}\n", reason);
    }
    return !reason.empty();
}

}  // namespace rehome::sweep
