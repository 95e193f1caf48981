#include "sweep/subjects.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace rehome::sweep {
namespace {

Prepare killed_apply(const Subject& apply, const Site& site, std::size_t tenths) {
    const std::size_t calls = calls_of(apply, site).size();
    return [=](const Scene& scene) {
        (void)scene.run(scene.apply(), {.what = Strike::What::kill, .call = calls * tenths / 10});
    };
}

}  // namespace

void applied(const Scene& scene) {
    const WatchedRun run = scene.run(scene.apply());
    if (run.ended.exit_code != 0) {
        throw std::runtime_error("apply failed: " + run.ended.err);
    }
}

std::vector<Subject> subjects(Ground ground, const char* sample, const Site& site,
                              const std::vector<std::size_t>& tenths) {
    const Act apply = [](const Scene& scene) { return scene.apply(); };
    const Act rollback = [](const Scene& scene) { return scene.rollback(); };
    const Act resume = [](const Scene& scene) { return scene.resume(); };
    std::vector<Subject> all = {{.name = "apply", .ground = ground, .sample = sample, .act = apply},
                                {.name = "rollback",
                                 .ground = ground,
                                 .sample = sample,
                                 .prepare = applied,
                                 .act = rollback}};
    for (const std::size_t made : tenths) {
        const Prepare killed = killed_apply(all.front(), site, made);
        all.push_back({.name = fmt::format("resume of an apply killed after {}/10", made),
                       .ground = ground,
                       .sample = sample,
                       .prepare = killed,
                       .act = resume});
        all.push_back({.name = fmt::format("rollback of an apply killed after {}/10", made),
                       .ground = ground,
                       .sample = sample,
                       .prepare = killed,
                       .act = rollback});
    }
    return all;
}

}  // namespace rehome::sweep
