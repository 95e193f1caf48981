// rehome is killed before each changing call that it makes, and what a user does then has to lead
// to the original or to the finished state. The in-process sweeps (tests/apply/crash_test.cpp) stop
// at the calls of Fs; here it is the program itself, at the calls of the system, in any thread.
#include "sweep/subjects.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace rehome::sweep;

namespace {

Tally kill_at_each_call(const Subject& subject, Way way, const rehome::support::Snapshot& finished,
                        std::size_t every) {
    const std::size_t points = (calls_of(subject).size() + every - 1) / every;
    return for_each_point(points, [&](std::size_t point) {
        const std::size_t call = every * (point - 1) + 1;
        const Scene scene(subject.ground, subject.sample);
        subject.prepare(scene);
        const WatchedRun run =
            scene.run(subject.act(scene), {.what = Strike::What::kill, .call = call});
        Outcome outcome = recovered(scene,
                                    way,
                                    finished,
                                    fmt::format("{}, {}, killed at {}\n",
                                                name_of(subject.ground),
                                                subject.name,
                                                run.call_text(call)));
        outcome.has_struck = run.has_struck;
        return outcome;
    });
}

// At every call, or at each `every`th from the first.
void sweep_all(Ground ground, const char* sample, std::size_t every = 1) {
    if (is_skipped(ground)) {
        return;
    }
    const auto finished = finished_form(ground, sample);
    Tally all;
    for (const Subject& subject : subjects(ground, sample)) {
        for (const Way way : {Way::back, Way::on}) {
            const Tally tally = kill_at_each_call(subject, way, finished, every);
            fmt::print("  {}, then {}: {}\n",
                       subject.name,
                       way == Way::back ? "rollback" : "resume",
                       tally.text());
            all += tally;
        }
    }
    report(fmt::format("killed, {}, {}", name_of(ground), sample), all);
}

}  // namespace

TEST_CASE("rehome killed at any call on one filesystem is recovered", "[sweep]") {
    sweep_all(Ground::one, "minimal");
}

TEST_CASE("rehome killed at any call across filesystems is recovered", "[sweep]") {
    sweep_all(Ground::across, "minimal", 2);
}

TEST_CASE("rehome killed at any call is recovered where some is renamed and some copied",
          "[sweep]") {
    sweep_all(Ground::mixed, "minimal", 2);
}

TEST_CASE("rehome killed at any call while what it has moved moves on is recovered", "[sweep]") {
    sweep_all(Ground::moved, "minimal", 2);
}

TEST_CASE("rehome killed at any call while the homes become links is recovered", "[sweep]") {
    sweep_all(Ground::linked, "minimal", 2);
}

TEST_CASE("rehome killed at every call of every kind of migration is recovered",
          "[.][sweep][long]") {
    for (const Ground ground : {Ground::across, Ground::mixed, Ground::moved, Ground::linked}) {
        sweep_all(ground, "minimal");
    }
}

TEST_CASE("rehome killed at any call of a realistic home is recovered", "[.][sweep][long]") {
    sweep_all(Ground::one, "realistic");
}

TEST_CASE("rehome killed at any call of a home with hard links is recovered", "[.][sweep][long]") {
    for (const Ground ground : {Ground::one, Ground::across, Ground::mixed}) {
        sweep_all(ground, "hard_linked_proxies");
    }
}
