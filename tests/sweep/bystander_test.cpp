// Another program syncs a file just before the power fails, and the filesystem writes more of what
// rehome has done than rehome has asked for (PROTOCOL 4 and 5).
#include "sweep/bystander.hpp"
#include "sweep/disks.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace rehome::sweep;
using rehome::support::Filesystem;

namespace {

struct Story {
    DiskKinds kinds;
    // When rehome has its journal and its pointers on the disk.
    std::function<void(const Scene&, Bystander&)> earlier;
    // Just before the power fails.
    std::function<void(const Scene&, Bystander&)> at_last;
};

struct Moments {
    std::size_t earlier = 0;
    std::vector<std::size_t> outages;
};

Outcome outage_at(const Story& story, Disks& disks, std::size_t earlier, std::size_t call, Way way,
                  const rehome::support::Snapshot& finished) {
    const Scene scene(story.kinds.ground(), "minimal", disks.site());
    disks.sync();
    Bystander bystander;
    const auto power_fails = [&] {
        story.at_last(scene, bystander);
        disks.cut_power({});
    };
    const auto before_each = [&](std::size_t at) {
        if (at == earlier) {
            story.earlier(scene, bystander);
        }
    };
    const WatchedRun run = scene.run(scene.apply(),
                                     {.what = Strike::What::outage_before,
                                      .call = call,
                                      .outage = power_fails,
                                      .before_each = before_each});
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

// From the sync of the pointers on; the outages at each call from the first link to the end.
Moments moments_of(const std::vector<std::string_view>& calls) {
    const auto link = std::find(calls.begin(), calls.end(), "symlinkat");
    const auto sync = std::find_if(std::make_reverse_iterator(link), calls.rend(), is_sync);
    REQUIRE(sync != calls.rend());
    Moments moments{.earlier = static_cast<std::size_t>(sync.base() - calls.begin()) + 1};
    for (auto call = link; call != calls.end(); ++call) {
        moments.outages.push_back(static_cast<std::size_t>(call - calls.begin()) + 1);
    }
    return moments;
}

void sweep_apply(const Story& story, const std::string& name) {
    if (is_skipped(Ground::one) || is_skipped(story.kinds)) {
        return;
    }
    rehome::support::Snapshot finished;
    Moments moments;
    {
        const Disks disks(story.kinds);
        const Scene scene(story.kinds.ground(), "minimal", disks.site());
        const WatchedRun run = scene.run(scene.apply());
        REQUIRE(run.ended.exit_code == 0);
        finished = scene.form();
        moments = moments_of(run.calls);
    }
    const Tally tally = for_each_point_apart(2 * moments.outages.size(), [&] {
        const auto disks = std::make_shared<Disks>(story.kinds);
        return [&, disks](std::size_t point) {
            const std::size_t call = moments.outages[(point - 1) / 2];
            const Way way = point % 2 == 0 ? Way::back : Way::on;
            return outage_at(story, *disks, moments.earlier, call, way, finished);
        };
    });
    report(name, tally);
}

}  // namespace

TEST_CASE("after an outage no old path leads nowhere because a program had synced a file at home",
          "[sweep]") {
    const Story story{
        .kinds = {Filesystem::xfs, Filesystem::ext4},
        .earlier = [](const Scene&, Bystander&) {},
        .at_last = [](const Scene& scene,
                      Bystander& bystander) { bystander.sync_new_file_near(scene, "."); }};
    sweep_apply(story, "outages after a sync at home, xfs to ext4");
}

TEST_CASE("after an outage of btrfs no old path is empty because programs had synced files",
          "[sweep]") {
    for (const char* base : {".cache/cargo", ".config/cargo"}) {
        const Story story{
            .kinds = {Filesystem::btrfs},
            .earlier =
                [](const Scene& scene, Bystander& bystander) {
                    bystander.sync_new_file_near(scene, ".cargo/registry");
                },
            .at_last = [base](const Scene& scene,
                              Bystander& bystander) { bystander.sync_new_file_near(scene, base); }};
        sweep_apply(story, fmt::format("outages after syncs in an item and in {}, btrfs", base));
    }
}
