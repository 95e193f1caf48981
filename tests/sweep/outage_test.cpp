// The power is cut for real: at a call of rehome the filesystems stop (ext4 and
// xfs by the ioctl that filesystem testers have for it, btrfs by a copy of its
// disk), rehome is killed, and the disks are mounted again as they are, which
// replays their logs. Every item has to be at its old path then, and what a
// user does next has to lead to the original or to the finished state.
//
// The cut comes just before and just after each sync, where the order of the
// transaction is decided, and at random calls between. REHOME_SWEEP_SEED takes
// those of an earlier run again.
#include "support/files.hpp"
#include "sweep/bystander.hpp"
#include "sweep/disks.hpp"
#include "sweep/subjects.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace rehome::sweep;
using rehome::support::Filesystem;
using rehome::support::Mounted;
using rehome::support::Outage;

namespace {

constexpr const char* boot_id = "/proc/sys/kernel/random/boot_id";

// After a real outage the kernel has another number for its boot, and the
// recovery reads that.
enum class Boot { same, other };

struct Variant {
    DiskOutage outage;
    Way way = Way::back;
};

struct Point {
    Strike::What what = Strike::What::outage_before;
    std::size_t call = 0;  // 0: when the run has ended
    Variant variant = {};
    Boot boot = Boot::other;
};

enum class Share { some, all };  // of the variants at each sync, and of the random calls

std::vector<Variant> variants(const DiskKinds& kinds) {
    const bool second_has_log = kinds.second && kinds.second != Filesystem::btrfs;
    std::vector<Variant> all;
    for (const Outage home : {Outage::log_lost, Outage::log_written}) {
        for (const Outage second : {Outage::log_lost, Outage::log_written}) {
            for (const Way way : {Way::back, Way::on}) {
                if (second == Outage::log_lost || second_has_log) {
                    all.push_back({{home, second}, way});
                }
            }
        }
    }
    return all;
}

class Points {
public:
    Points(const DiskKinds& kinds, Share share, std::mt19937_64& random)
        : variants_(variants(kinds)), share_(share), random_(random) {}

    std::vector<Point> of(const std::vector<std::string_view>& calls) {
        points_.clear();
        std::size_t turn = 0;
        for (std::size_t call = 1; call <= calls.size(); ++call) {
            if (is_sync(calls[call - 1])) {
                add(Strike::What::outage_before, call, turn);
                add(Strike::What::outage_after, call, turn + variants_.size() / 2 + 1);
                turn += 1;
            }
        }
        for (std::size_t i = 0; i < (share_ == Share::all ? 1 : variants_.size()); ++i) {
            add(Strike::What::nothing, 0, turn + i);
        }
        for (std::size_t i = 0; i < (share_ == Share::all ? 40U : 6U); ++i) {
            points_.push_back({.what = Strike::What::outage_before,
                               .call = 1 + random_() % calls.size(),
                               .variant = variants_[random_() % variants_.size()]});
        }
        return points_;
    }

private:
    void add(Strike::What what, std::size_t call, std::size_t turn) {
        for (std::size_t i = 0; i < variants_.size(); ++i) {
            if (share_ == Share::all || i == turn % variants_.size()) {
                points_.push_back({.what = what,
                                   .call = call,
                                   .variant = variants_[i],
                                   .boot = turn % 3 == 0 ? Boot::same : Boot::other});
            }
        }
    }

    std::vector<Variant> variants_;
    Share share_;
    std::mt19937_64& random_;
    std::vector<Point> points_;
};

std::string text_of(const Point& point, const WatchedRun& run, const DiskKinds& kinds) {
    const std::string when = point.call == 0 ? "at the end"
                             : point.what == Strike::What::outage_before
                                 ? "before " + run.call_text(point.call)
                                 : "after " + run.call_text(point.call);
    return fmt::format("the power fails {} ({}), {} boot\n",
                       when,
                       point.variant.outage.text(kinds),
                       point.boot == Boot::same ? "same" : "other");
}

Outcome outage_at(const Subject& subject, const DiskKinds& kinds, Disks& disks, const Point& point,
                  const rehome::support::Snapshot& finished) {
    const Scene scene(subject.ground, subject.sample, disks.site());
    disks.sync();
    subject.prepare(scene);
    Bystander bystander;
    const auto power_fails = [&] {
        if (kinds.home == Filesystem::btrfs && point.variant.outage.home != Outage::log_lost) {
            // It has no log that is written as a whole.
            bystander.sync_new_file_near(scene, ".cache/cargo");
        }
        disks.cut_power(point.variant.outage);
    };
    const WatchedRun run = scene.run(
        subject.act(scene), {.what = point.what, .call = point.call, .outage = power_fails});
    const std::string stage = point.call == 0 ? scene.stage() : "";
    if (point.call == 0) {
        power_fails();
    }
    Outcome outcome{.has_struck = point.call == 0 ? run.ended.exit_code == 0 : run.has_struck};
    if (!outcome.has_struck) {
        return outcome;
    }
    disks.boot();
    bystander.leave();
    const std::string story =
        fmt::format("{}, {}, {}", kinds.name(), subject.name, text_of(point, run, kinds));
    if (point.call == 0 && scene.stage() != stage) {
        outcome.story = story + "what had ended was lost: " + scene.stage() + "\n";
        return outcome;
    }
    const rehome::support::TempDir other;
    rehome::support::write_file(other / "boot_id", "01234567-89ab-4cde-8f01-23456789abcd\n");
    std::optional<Mounted> other_boot;
    if (point.boot == Boot::other) {
        other_boot.emplace(
            Filesystem::bind,
            rehome::support::MountOptions{.source = other / "boot_id", .directory = boot_id});
    }
    outcome = recovered(scene, point.variant.way, finished, story);
    outcome.has_struck = true;
    return outcome;
}

std::uint64_t seed() {
    const char* given = std::getenv("REHOME_SWEEP_SEED");
    return given != nullptr ? std::stoull(given) : std::random_device()();
}

void sweep_outages(const DiskKinds& kinds, const char* sample, Share share) {
    if (is_skipped(Ground::one) || is_skipped(kinds)) {
        return;
    }
    const std::uint64_t number = seed();
    fmt::print("{}: REHOME_SWEEP_SEED={}\n", kinds.name(), number);
    std::mt19937_64 random(number);
    rehome::support::Snapshot finished;
    std::vector<std::pair<Subject, std::vector<Point>>> all_points;
    {
        const Disks disks(kinds);
        finished = finished_form(kinds.ground(), sample, disks.site());
        Points points(kinds, share, random);
        for (const Subject& subject : subjects(kinds.ground(), sample, disks.site(), {8})) {
            all_points.emplace_back(subject, points.of(calls_of(subject, disks.site())));
        }
    }
    Tally all;
    for (const auto& pair : all_points) {
        const Subject& subject = pair.first;
        const std::vector<Point>& points = pair.second;
        const Tally tally = for_each_point_apart(points.size(), [&] {
            const auto disks = std::make_shared<Disks>(kinds);
            return [&, disks](std::size_t point) {
                return outage_at(subject, kinds, *disks, points[point - 1], finished);
            };
        });
        fmt::print("  {}: {}\n", subject.name, tally.text());
        all += tally;
    }
    report(fmt::format("outages, {}, {}", kinds.name(), sample), all);
}

}  // namespace

TEST_CASE("rehome is recovered after an outage on ext4", "[sweep]") {
    sweep_outages({Filesystem::ext4}, "minimal", Share::some);
}

TEST_CASE("rehome is recovered after an outage on xfs", "[sweep]") {
    sweep_outages({Filesystem::xfs}, "minimal", Share::some);
}

TEST_CASE("rehome is recovered after an outage on btrfs", "[sweep]") {
    sweep_outages({Filesystem::btrfs}, "minimal", Share::some);
}

TEST_CASE("rehome is recovered after an outage of two filesystems", "[sweep]") {
    sweep_outages({Filesystem::xfs, Filesystem::ext4}, "minimal", Share::some);
}

TEST_CASE("rehome is recovered after an outage of btrfs and another filesystem", "[sweep]") {
    sweep_outages({Filesystem::btrfs, Filesystem::ext4}, "minimal", Share::some);
}

TEST_CASE("rehome is recovered after every outage of one filesystem", "[.][sweep][long]") {
    for (const Filesystem home : {Filesystem::ext4, Filesystem::xfs, Filesystem::btrfs}) {
        sweep_outages({home}, "minimal", Share::all);
    }
}

TEST_CASE("rehome is recovered after every outage of two filesystems", "[.][sweep][long]") {
    sweep_outages({Filesystem::xfs, Filesystem::ext4}, "minimal", Share::all);
    sweep_outages({Filesystem::ext4, Filesystem::xfs}, "minimal", Share::all);
}

TEST_CASE("rehome is recovered after every outage of btrfs and another filesystem",
          "[.][sweep][long]") {
    sweep_outages({Filesystem::xfs, Filesystem::btrfs}, "minimal", Share::all);
    sweep_outages({Filesystem::btrfs, Filesystem::ext4}, "minimal", Share::all);
}
