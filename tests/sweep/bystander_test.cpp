// Another program syncs a file just before the power fails, and the filesystem writes more of what
// rehome has done than rehome has asked for (PROTOCOL 4 and 5).
#include "sweep/bystander.hpp"
#include "sweep/disks.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace rehome::sweep;
using rehome::support::Filesystem;

namespace {

struct Story {
    DiskKinds kinds;
    // Before rehome runs: what it leaves is a part of the original.
    std::function<void(const Scene&, Bystander&)> before;
    // Just before the power fails.
    std::function<void(const Scene&, Bystander&)> at_last;
};

void begin(const Story& story, const Disks& disks, Scene& scene) {
    disks.sync();
    Bystander bystander;
    story.before(scene, bystander);
    scene.look_again();
}

Outcome outage_at(const Story& story, Disks& disks, std::size_t call, Way way,
                  const rehome::support::Snapshot& finished) {
    Scene scene(story.kinds.ground(), "minimal", disks.site());
    begin(story, disks, scene);
    Bystander bystander;
    const auto power_fails = [&] {
        story.at_last(scene, bystander);
        disks.cut_power({});
    };
    const WatchedRun run = scene.run(
        scene.apply(), {.what = Strike::What::outage_before, .call = call, .outage = power_fails});
    Outcome outcome;
    if (run.has_struck) {
        disks.boot();
        bystander.leave();
        outcome = recovered(scene,
                            way,
                            finished,
                            fmt::format("{}, the power fails before {}\n",
                                        story.kinds.name(),
                                        run.call_text(call)));
        outcome.has_struck = true;
    }
    return outcome;
}

// At each call from the first exchange to the end of an apply.
void sweep_apply(const Story& story, const std::string& name) {
    if (is_skipped(Ground::one) || is_skipped(story.kinds)) {
        return;
    }
    rehome::support::Snapshot finished;
    std::vector<std::size_t> calls;
    {
        const Disks disks(story.kinds);
        Scene scene(story.kinds.ground(), "minimal", disks.site());
        begin(story, disks, scene);
        const WatchedRun run = scene.run(scene.apply());
        REQUIRE(run.ended.exit_code == 0);
        finished = scene.form();
        for (std::size_t call = 1; call <= run.calls.size(); ++call) {
            if (!calls.empty() || run.calls[call - 1] == "renameat2") {
                calls.push_back(call);
            }
        }
    }
    const Tally tally = for_each_point_apart(calls.size(), [&] {
        const auto disks = std::make_shared<Disks>(story.kinds);
        return [&, disks](std::size_t point) {
            const Way way = point % 2 == 0 ? Way::back : Way::on;
            return outage_at(story, *disks, calls[point - 1], way, finished);
        };
    });
    report(name, tally);
}

}  // namespace

TEST_CASE("after an outage no old path leads nowhere because a program had synced a file at home",
          "[sweep]") {
    const Story story{
        .kinds = {Filesystem::xfs, Filesystem::ext4},
        .before = [](const Scene&, Bystander&) {},
        .at_last = [](const Scene& scene,
                      Bystander& bystander) { bystander.sync_new_file(scene.home()); }};
    sweep_apply(story, "outages after a sync at home, xfs to ext4");
}

TEST_CASE("after an outage of btrfs no old path is empty because programs had synced files",
          "[sweep]") {
    const Story story{
        .kinds = {Filesystem::btrfs},
        .before =
            [](const Scene& scene, Bystander& bystander) {
                bystander.sync_new_file(scene.home() / ".cargo/registry");
            },
        .at_last = [](const Scene& scene,
                      Bystander& bystander) { bystander.sync_new_file_beside_targets(scene); }};
    sweep_apply(story, "outages after syncs in an item and beside the targets, btrfs");
}
