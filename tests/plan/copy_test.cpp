// Items that cannot be renamed: how that is told, and what a plan says of it. Filesystems are facts
// of the inventory, set by hand.
#include "plan/plan_json.hpp"
#include "plan/planner.hpp"
#include "support/scanned.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using plan::Way;
using support::Codes;

namespace {

struct Home : support::Scanned {
    Home() {
        write(".cargo/config.toml");
        write(".cargo/registry/index/i");
        write(".cargo/registry/cache/c");
        write(".cargo/registry/src/s");
        write(".rustup/toolchains/t/bin/rustc");
    }
};

void other_device(plan::Inventory& inventory, const std::string& item) {
    support::target_of(inventory, item).info.device += 1;
}

const plan::Switch& switch_of(const plan::Plan& plan, const std::string& item) {
    for (const plan::Switch* step : plan.switches()) {
        if (step->item == item) {
            return *step;
        }
    }
    throw std::runtime_error("no such switch");
}

}  // namespace

TEST_CASE("an item whose target has another device or mount is copied", "[plan]") {
    const Home home;
    CHECK(switch_of(home.plan_with([](plan::Inventory&) {}), "cargo/registry").way == Way::rename);
    const plan::Plan device = home.plan_with([](plan::Inventory& inventory) {
        other_device(inventory, "cargo/registry");
        support::target_of(inventory, "cargo/registry").mount.point = "/disk";
    });
    CHECK(support::codes(device) == Codes{});
    CHECK(switch_of(device, "cargo/registry").way == Way::copy);
    CHECK(switch_of(device, "cargo/config.toml").way == Way::rename);
    const auto line = std::ranges::find(device.items, "cargo/registry", &plan::PlannedItem::item);
    CHECK(line->way == Way::copy);
    CHECK(line->filesystem == "/disk");
    const plan::Plan mount = home.plan_with([](plan::Inventory& inventory) {
        support::target_of(inventory, "cargo/registry").info.mount_id += 1;
    });
    CHECK(switch_of(mount, "cargo/registry").way == Way::copy);
}

TEST_CASE("a subvolume is renamed if both directories are in one", "[plan]") {
    const Home home;
    const plan::Plan plan = home.plan_with([](plan::Inventory& inventory) {
        support::item_of(inventory, "cargo/registry").info.device += 1;
    });
    CHECK(switch_of(plan, "cargo/registry").way == Way::rename);
}

TEST_CASE("a directory of an overlay's lower layer stops the plan without --offline", "[plan]") {
    Home home;
    const auto lower = [](plan::Inventory& inventory) {
        support::item_of(inventory, "cargo/registry").lower_layer = true;
    };
    const plan::Plan stopped = home.plan_with(lower);
    REQUIRE(support::codes(stopped) == Codes{"lower_layer"});
    CHECK(stopped.findings[0].help.find("--offline") != std::string::npos);
    home.request.offline = true;
    const plan::Plan replaced = home.plan_with(lower);
    CHECK(support::codes(replaced) == Codes{"replaced"});
    CHECK_FALSE(plan::stops(replaced.findings));
    CHECK(switch_of(replaced, "cargo/registry").way == Way::replace);
    CHECK(switch_of(replaced, "cargo/config.toml").way == Way::rename);
}

TEST_CASE("what is replaced has to be proven and cannot be kept", "[plan]") {
    Home home;
    const auto lower = [](plan::Inventory& inventory) {
        support::item_of(inventory, "cargo/registry").lower_layer = true;
    };
    home.request.offline = true;
    home.request.verify = plan::Verify::metadata;
    CHECK(support::codes(home.plan_with(lower)) ==
          Codes{"replaced", "unproven_replacement", "originals_stay"});
    home.request.verify = plan::Verify::disk;
    home.request.keep_originals = true;
    CHECK(support::codes(home.plan_with(lower)) == Codes{"replaced", "cannot_keep_original"});
}

TEST_CASE("what is not proven is not deleted", "[plan]") {
    Home home;
    const auto copy = [](plan::Inventory& inventory) { other_device(inventory, "cargo/registry"); };
    home.request.verify = plan::Verify::metadata;
    const plan::Plan plan = home.plan_with(copy);
    CHECK(support::codes(plan) == Codes{"originals_stay"});
    CHECK(plan.request.keep_originals);
    CHECK(support::codes(home.plan_with([](plan::Inventory&) {})) == Codes{});
    home.request.verify = plan::Verify::disk;
    CHECK_FALSE(home.plan_with(copy).request.keep_originals);
}
