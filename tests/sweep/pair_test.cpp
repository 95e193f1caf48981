// Killed, and the recovery killed too: each call of an apply with each call of what goes back or on
// from there, on a home of three items. Then the same command or the other one goes to the end.
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string_view>
#include <utility>

using namespace rehome::sweep;

namespace {

struct Pair {
    std::size_t first;
    std::size_t second;
    Way then;
};

std::string_view word_of(Way way) {
    return way == Way::back ? "rollback" : "resume";
}

// The calls of the recovery from a kill at that call.
std::size_t calls_of_recovery(Ground ground, std::size_t call, Way way) {
    const Scene scene(ground);
    (void)scene.run(scene.apply(), {.what = Strike::What::kill, .call = call});
    return scene.run(command_of(scene, way)).calls.size();
}

Outcome kill_twice(Ground ground, const Pair& pair, Way way,
                   const rehome::support::Snapshot& finished) {
    const Scene scene(ground);
    const WatchedRun apply =
        scene.run(scene.apply(), {.what = Strike::What::kill, .call = pair.first});
    const WatchedRun recovery =
        scene.run(command_of(scene, way), {.what = Strike::What::kill, .call = pair.second});
    Outcome outcome = recovered(scene,
                                pair.then,
                                finished,
                                fmt::format("{}, apply killed at {}, {} killed at {}\n",
                                            name_of(ground),
                                            apply.call_text(pair.first),
                                            word_of(way),
                                            recovery.call_text(pair.second)));
    outcome.has_struck = apply.has_struck && recovery.has_struck;
    return outcome;
}

// Every `stride`-th of the pairs.
void sweep_pairs(Ground ground, std::size_t stride) {
    if (is_skipped(ground)) {
        return;
    }
    const auto finished = finished_form(ground);
    const std::size_t calls = calls_of({.name = "apply",
                                        .ground = ground,
                                        .act = [](const Scene& scene) { return scene.apply(); }})
                                  .size();
    Tally all;
    for (const Way way : {Way::back, Way::on}) {
        std::vector<std::size_t> seconds(calls + 1);
        for_each_point(calls, [&](std::size_t call) {
            seconds[call] = calls_of_recovery(ground, call, way);
            return Outcome{};
        });
        std::vector<Pair> pairs;
        std::size_t number = 0;
        for (std::size_t first = 1; first <= calls; ++first) {
            for (std::size_t second = 1; second <= seconds[first]; ++second) {
                for (const Way then : {Way::back, Way::on}) {
                    if (++number % stride == 0) {
                        pairs.push_back({first, second, then});
                    }
                }
            }
        }
        const Tally tally = for_each_point(pairs.size(), [&](std::size_t point) {
            return kill_twice(ground, pairs[point - 1], way, finished);
        });
        fmt::print(
            "  {} of {} pairs with {}: {}\n", pairs.size(), number, word_of(way), tally.text());
        all += tally;
    }
    report(fmt::format("killed twice, {}, one of {}", name_of(ground), stride), all);
}

}  // namespace

TEST_CASE("rehome killed, and killed again while it recovers, is recovered", "[sweep]") {
    sweep_pairs(Ground::one, 41);
    sweep_pairs(Ground::mixed, 149);
}

TEST_CASE("rehome killed at any call, and at any call of the recovery, is recovered",
          "[.][sweep][long]") {
    for (const Ground ground : {Ground::one, Ground::mixed, Ground::across}) {
        sweep_pairs(ground, 1);
    }
}
