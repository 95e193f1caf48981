// Items that cannot be renamed: how that is told, and what a plan says of it. Filesystems are facts
// of the inventory, set by hand.
#include "plan/plan_json.hpp"
#include "plan/planner.hpp"
#include "support/scanned.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>

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

// A scan that finds the item's target on another filesystem cannot be made on any machine: what
// the walk would tell is set by hand.
struct Copied : Home {
    [[nodiscard]] plan::Plan
    plan(const std::function<void(plan::Inventory&, plan::Item&, plan::Site&)>& change) const {
        return plan_with([&](plan::Inventory& inventory) {
            plan::Item& item = support::item_of(inventory, "cargo/registry");
            plan::Site& site = support::target_of(inventory, "cargo/registry");
            site.info.device += 1;
            site.capacity = {.free_bytes = 1UL << 40U, .free_inodes = std::nullopt};
            item.size = tree::TreeSize{};
            item.traits = tree::TreeTraits{};
            change(inventory, item, site);
        });
    }

    [[nodiscard]] Codes
    codes(const std::function<void(plan::Inventory&, plan::Item&, plan::Site&)>& change) const {
        return support::codes(plan(change));
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
    CHECK(support::codes(home.plan_with(lower)) == Codes{"unproven_replacement", "originals_stay"});
    home.request.verify = plan::Verify::disk;
    home.request.keep_originals = true;
    CHECK(support::codes(home.plan_with(lower)) == Codes{"cannot_keep_original"});
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

TEST_CASE("room and inodes are counted for all that goes to a filesystem", "[plan]") {
    const Copied home;
    const auto with_room = [&](std::uint64_t room,
                               std::uint64_t entries,
                               std::uint64_t free,
                               std::optional<std::uint64_t>
                                   inodes) {
        return home.plan([&](plan::Inventory&, plan::Item& item, plan::Site& site) {
            item.traits->room = room;
            item.traits->entries = entries;
            site.capacity = {.free_bytes = free, .free_inodes = inodes};
        });
    };
    CHECK(support::codes(with_room(3U << 30U, 10, 4UL << 30U, std::nullopt)) == Codes{});
    const plan::Plan full = with_room(3U << 30U, 10, 2UL << 30U, std::nullopt);
    REQUIRE(support::codes(full) == Codes{"no_space"});
    CHECK(full.findings[0].text.find("3.0 GiB and ") != std::string::npos);
    CHECK(full.findings[0].text.find("2.0 GiB and enough inodes are free") != std::string::npos);
    CHECK(support::codes(with_room(1, 100000, 1UL << 40U, 90000)) == Codes{"no_space"});
    CHECK(support::codes(with_room(1, 80000, 1UL << 40U, 90000)) == Codes{});
}

TEST_CASE("a big block takes more room for each file", "[plan]") {
    const Copied home;
    const auto with_block = [&](std::uint64_t block) {
        return home.codes([&](plan::Inventory&, plan::Item& item, plan::Site& site) {
            item.traits->room = 1000UL * 4096;
            item.traits->entries = 1000;
            site.capacity = {.free_bytes = 10U << 20U, .free_inodes = {}, .block = block};
        });
    };
    CHECK(with_block(4096) == Codes{});
    CHECK(with_block(65536) == Codes{"no_space"});
}

TEST_CASE("the state directory has to have room for the manifests", "[plan]") {
    const Copied home;
    const auto with_entries = [&](std::uint64_t entries) {
        return home.codes([&](plan::Inventory& inventory, plan::Item& item, plan::Site&) {
            item.traits->entries = entries;
            inventory.state.info.device += 2;
            inventory.state.capacity = {.free_bytes = 10U << 20U, .free_inodes = std::nullopt};
        });
    };
    CHECK(with_entries(1000) == Codes{});
    CHECK(with_entries(1000000) == Codes{"no_space"});
}

TEST_CASE("what cannot be copied stops the plan", "[plan]") {
    const Copied home;
    CHECK(home.codes([](plan::Inventory&, plan::Item& item, plan::Site&) {
        item.traits->special = "/x/pipe";
    }) == Codes{"special_file"});
    CHECK(home.codes([](plan::Inventory&, plan::Item& item, plan::Site&) {
        item.traits->unreadable = "/x/secret";
    }) == Codes{"unreadable"});
    CHECK(home.codes([](plan::Inventory&, plan::Item& item, plan::Site& site) {
        item.traits->longest_name = std::string(200, 'n');
        site.capacity.longest_name = 143;
    }) == Codes{"name_too_long"});
    CHECK(home.codes([](plan::Inventory&, plan::Item& item, plan::Site&) {
        item.traits->alike = "/x/README";
    }) == Codes{"names_alike"});
    CHECK(home.with([](plan::Inventory& inventory) {
        support::item_of(inventory, "cargo/registry").traits = {.special = "/x/pipe"};
    }) == Codes{});
}

TEST_CASE("hard links that part are named with what that takes", "[plan]") {
    const Copied home;
    const plan::Plan part = home.plan([](plan::Inventory& inventory, plan::Item&, plan::Site&) {
        inventory.shared = {{.item = "cargo/config.toml",
                             .other = "cargo/registry",
                             .files = 2,
                             .room = 8192,
                             .name = "/one",
                             .other_name = "/two"}};
    });
    REQUIRE(support::codes(part) == Codes{"hard_links_part"});
    CHECK(part.findings[0].text.find("(such as '/one' and '/two')") != std::string::npos);
    CHECK(part.findings[0].text.find("8.0 KiB more") != std::string::npos);
    CHECK(home.codes([](plan::Inventory& inventory, plan::Item&, plan::Site&) {
        inventory.shared = {{.item = "cargo/registry", .files = 1, .room = 4096, .name = "/one"}};
    }) == Codes{"hard_links_outside"});
    CHECK(home.codes([](plan::Inventory& inventory, plan::Item&, plan::Site&) {
        inventory.shared = {{.item = "cargo/config.toml", .other = "rustup/toolchains"}};
    }) == Codes{});
}

TEST_CASE("originals that other names hold on to leave no room for the way back", "[plan]") {
    Copied home;
    const auto held = [](plan::Inventory& inventory, plan::Item&, plan::Site&) {
        inventory.shared = {{.item = "cargo/registry", .files = 1, .room = 1UL << 50U}};
    };
    CHECK(home.codes(held) == Codes{"hard_links_outside", "rollback_space"});
    home.request.keep_originals = true;
    CHECK(home.codes(held) == Codes{"hard_links_outside"});
}

TEST_CASE("what is made again from local files is dropped on request", "[plan]") {
    Copied home;
    const auto nothing = [](plan::Inventory&, plan::Item&, plan::Site&) {};
    CHECK(switch_of(home.plan(nothing), "cargo/registry").drops.empty());
    home.request.drop_regenerable = true;
    const plan::Plan plan = home.plan([](plan::Inventory&, plan::Item& item, plan::Site&) {
        item.dropped = tree::TreeSize{.bytes = 1U << 20U, .files = 7};
    });
    CHECK(support::codes(plan) == Codes{"dropped", "drop_saves"});
    CHECK(plan.findings[1].text.find("1.0 MiB in 7 files") != std::string::npos);
    CHECK(switch_of(plan, "cargo/registry").drops == std::vector<std::string>{"src"});
    CHECK(home.with([](plan::Inventory&) {}) == Codes{"nothing_dropped"});

    std::filesystem::remove_all(home / ".cargo/registry/cache/c");
    CHECK(switch_of(home.plan(nothing), "cargo/registry").drops.empty());
}

TEST_CASE("an item that is itself made again is dropped as a whole", "[plan]") {
    Copied home;
    home.request.drop_regenerable = true;
    home.request.profile = "tiered";
    const plan::Plan plan = home.plan_with(
        [](plan::Inventory& inventory) { other_device(inventory, "cargo/registry/src"); });
    CHECK(switch_of(plan, "cargo/registry/src").drops == std::vector<std::string>{"."});
    CHECK(switch_of(plan, "cargo/registry/cache").drops.empty());
}

TEST_CASE("toolchains without a tmp beside them stay where they are", "[plan]") {
    Home home;
    const auto plan_beside = [&](std::optional<rust::Version> rustup) {
        return home.plan_with([&](plan::Inventory& inventory) {
            inventory.rustup = rustup;
            support::item_of(inventory, "rustup/toolchains").placement.missing_partner =
                "rustup/tmp";
        });
    };
    const plan::Plan plan = plan_beside(rust::Version{1, 29, 0});
    CHECK(support::codes(plan) == Codes{"missing_partner"});
    CHECK(plan::stops(plan.findings));
    CHECK(plan.findings.front().help ==
          "run: mkdir '" + (home / ".rustup/tmp").string() + "'; it then goes there too");
    CHECK(plan_beside(std::nullopt).findings.empty());
}

TEST_CASE("tmp and toolchains on different filesystems are warned of", "[plan]") {
    Home home;
    home.write(".rustup/tmp/x");
    const plan::Plan plan = home.plan_with([](plan::Inventory& inventory) {
        support::item_of(inventory, "rustup/tmp").placement.parted_from = "rustup/toolchains";
    });
    CHECK(support::codes(plan) == Codes{"parts"});
    CHECK(plan.parted == std::vector<std::string>{"rustup/tmp"});
}
