// Each finding of a plan: one small inventory with one fault. Facts that a test cannot make on any
// machine (another owner, a mount) are set in the inventory, which is a plain value.
#include "plan/planner.hpp"
#include "support/files.hpp"
#include "support/scanned.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using support::Codes;
using support::Migration;

namespace {

// A home with three items; the fault is put into the inventory.
struct Faulty : support::Scanned {
    Faulty() {
        write(".cargo/config.toml");
        write(".cargo/bin/tool");
        write(".rustup/toolchains/t/bin/rustc");
    }
};

plan::Site& target_site(plan::Inventory& inventory) {
    return inventory.targets.begin()->second;
}

}  // namespace

TEST_CASE("a sound home has no findings", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory&) {}) == Codes{});
}

TEST_CASE("what stands at a target stops the plan", "[plan]") {
    const Faulty home;
    support::write_file(home / ".config/cargo/config.toml", "x");
    CHECK(support::codes(home.plan()) == Codes{"target_exists"});
}

TEST_CASE("what is back in the home does not move below a disk that is not mounted", "[plan]") {
    const Faulty home;
    const auto codes = [&](const char* mounted) {
        return home.with([&](plan::Inventory& inventory) {
            const plan::Placement& bin = support::item_of(inventory, "cargo/bin").placement;
            plan::Past& past = inventory.homes.front().past;
            past.applied["cargo/bin"] = bin.target;
            past.filesystems["cargo/bin"] = "/disk";
            support::target_of(inventory, "cargo/bin").mount.point = mounted;
        });
    };
    CHECK(codes("/") == Codes{"not_mounted"});
    CHECK(codes("/disk") == Codes{});
}

TEST_CASE("what lies on a disk that is not mounted does not move on", "[plan]") {
    const Faulty home;
    const auto codes = [&](const char* mounted) {
        return home.with([&](plan::Inventory& inventory) {
            plan::Item& bin = support::item_of(inventory, "cargo/bin");
            bin.placement.from = "/disk/bin";
            bin.compat_link = home / ".cargo/bin";
            bin.parent.mount_id = 4711;
            inventory.mounts.push_back({.id = 4711, .point = mounted});
            plan::Past& past = inventory.homes.front().past;
            past.applied["cargo/bin"] = "/disk/bin";
            past.filesystems["cargo/bin"] = "/disk";
        });
    };
    CHECK(codes("/") == Codes{"not_mounted"});
    CHECK(codes("/disk") == Codes{});
}

TEST_CASE("a target that is gone is told rather than that its item stays there", "[plan]") {
    const Faulty home;
    const auto codes = [&](plan::AtTarget at_target) {
        return home.with([&](plan::Inventory& inventory) {
            plan::Item& bin = support::item_of(inventory, "cargo/bin");
            bin.placement.fate = plan::Fate::applied;
            bin.placement.category = rules::Category::keep;
            bin.at_target = at_target;
            inventory.homes.front().past.applied["cargo/bin"] = bin.placement.target;
        });
    };
    CHECK(codes(plan::AtTarget::nothing) == Codes{"missing_target"});
    CHECK(codes(plan::AtTarget::something) == Codes{"stays_moved"});
}

TEST_CASE("a target inside an item, and an item inside its target, stop the plan", "[plan]") {
    Faulty home;
    home.request.wishes.bin = (home / ".rustup/toolchains/bin").string();
    CHECK(support::codes(home.plan()) == Codes{"target_in_item"});
    home.request.wishes.bin = (home / ".cargo").string();
    CHECK(support::codes(home.plan()) == Codes{"target_exists", "item_in_target"});
    home.request.wishes.bin = (home / ".cargo/programs").string();
    CHECK(support::codes(home.plan()) == Codes{"target_in_home"});
}

TEST_CASE("two items with one target stop the plan", "[plan]") {
    Faulty home;
    home.request.wishes.bin = (home / ".config/cargo/config.toml").string();
    CHECK(support::codes(home.plan()) == Codes{"targets_collide", "targets_collide"});
}

TEST_CASE("equal and nested homes stop the plan", "[plan]") {
    Faulty home;
    home.environment.variables["RUSTUP_HOME"] = (home / ".cargo").string();
    CHECK(support::codes(home.plan()).front() == "homes_nested");
    home.environment.variables["RUSTUP_HOME"] = (home / ".cargo/rustup").string();
    std::filesystem::create_directory(home / ".cargo/rustup");
    CHECK(support::codes(home.plan()).front() == "homes_nested");
}

TEST_CASE("mounts stop the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([&](plan::Inventory& inventory) {
        inventory.mounts.push_back({.point = home / ".cargo/bin"});
    }) == Codes{"mount_in_item"});
    CHECK(home.with([&](plan::Inventory& inventory) {
        inventory.mounts.push_back({.point = home / ".rustup/toolchains/t"});
    }) == Codes{"mount_in_item"});
}

TEST_CASE("filesystems that cannot hold an item stop the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) {
        for (auto& [path, site] : inventory.targets) {
            site.mount.options.emplace_back("noexec");
        }
    }) == Codes{"noexec", "noexec"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).mount.type = "vfat";
    }) == Codes{"no_symlinks"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).mount.type = "tmpfs";
    }) == Codes{"volatile_target"});
    CHECK(home.with([](plan::Inventory& inventory) { inventory.state.mount.type = "tmpfs"; }) ==
          Codes{"volatile_state"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).mount.options.emplace_back("ro");
    }) == Codes{"read_only"});
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.homes[0].site.mount.options.emplace_back("nosymfollow");
    }) == Codes{"links_not_followed"});
}

TEST_CASE("the moment without an exchange is announced", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) {
        for (auto& [path, site] : inventory.targets) {
            site.mount.type = "nfs4";
        }
    }) == Codes{"not_atomic", "not_atomic"});
}

TEST_CASE("the flag --allow-volatile allows a volatile target, never a volatile journal",
          "[plan]") {
    Faulty home;
    home.request.allow_volatile = true;
    home.write(".cargo/registry/x");
    CHECK(home.with([](plan::Inventory& inventory) {
        support::target_of(inventory, "cargo/config.toml").mount.type = "tmpfs";
    }) == Codes{"volatile_item"});
    CHECK(home.with([](plan::Inventory& inventory) {
        support::target_of(inventory, "cargo/registry").mount.type = "tmpfs";
    }) == Codes{"volatile_cache"});
    CHECK(home.with([](plan::Inventory& inventory) {
        support::target_of(inventory, "cargo/config.toml").mount.type = "tmpfs";
        inventory.homes[0].site.mount.type = "tmpfs";  // no worse than before
    }) == Codes{});
    CHECK(home.with([](plan::Inventory& inventory) { inventory.state.mount.type = "tmpfs"; }) ==
          Codes{"volatile_state"});
}

TEST_CASE("places that others could change stop the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) { target_site(inventory).writable = false; }) ==
          Codes{"not_writable"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).ancestors.back().mode = 0777;
    }) == Codes{"untrusted_parent"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).ancestors.back().mode = 01777;
    }) == Codes{});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).ancestors.back().mode = 0775;
    }) == Codes{"untrusted_parent"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).ancestors.back().mode = 0775;
        target_site(inventory).ancestors.back().private_group = true;
    }) == Codes{});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).ancestors.back().user += 4242;
    }) == Codes{"untrusted_parent"});
}

TEST_CASE("files and directories of others stop the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) { inventory.user_home.info.user += 4242; }) ==
          Codes{"foreign_home"});
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.homes[1].site.info.user += 4242;
    }) == Codes{"foreign_owner", "foreign_owner"});
    CHECK(home.with([](plan::Inventory& inventory) { inventory.items[0].info.user += 4242; }) ==
          Codes{"foreign_owner"});
}

TEST_CASE("what cannot be renamed stops the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) { inventory.items[0].info.immutable = true; }) ==
          Codes{"immutable"});
    CHECK(home.with([](plan::Inventory& inventory) {
        target_site(inventory).info.immutable = true;
    }) == Codes{"immutable"});
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.user = 1000;
        inventory.user_home.info.user = 1000;
        for (plan::Home& one : inventory.homes) {
            one.site.info.user = 1000;
        }
        for (plan::Item& item : inventory.items) {
            item.info.user = 1000;
        }
        for (auto& [path, site] : inventory.targets) {
            site.info.user = 1000;
            site.ancestors.clear();
        }
        for (plan::Home& one : inventory.homes) {
            one.site.ancestors = {one.site.ancestors.back()};
            one.site.ancestors.back().user = 1000;
        }
        inventory.state.info.user = 1000;
        inventory.state.ancestors.clear();
        inventory.items[0].writable_for_owner = false;
    }) == Codes{"directory_read_only"});
}

TEST_CASE("a full filesystem stops the plan, and what is missing is said", "[plan]") {
    const Faulty home;
    plan::Inventory inventory = home.inventory();
    target_site(inventory).capacity = {.free_bytes = 5000, .free_inodes = 2};
    const plan::Plan plan = plan::make_plan(inventory, home.request);
    REQUIRE(support::codes(plan) == Codes{"no_space"});
    CHECK(plan.findings[0].text.find("4.9 KiB and 2 inodes are free") != std::string::npos);
    CHECK(home.with([](plan::Inventory& full) {
        target_site(full).capacity.free_inodes = std::nullopt;  // btrfs makes them as needed
    }) == Codes{});
}

TEST_CASE("homes that are none stop the plan", "[plan]") {
    for (const auto& [problem, code] :
         {std::pair(plan::HomeProblem::is_file, "home_is_file"),
          std::pair(plan::HomeProblem::dangling, "home_dangling"),
          std::pair(plan::HomeProblem::foreign_link, "home_foreign_link"),
          std::pair(plan::HomeProblem::unreadable, "home_unreadable")}) {
        Migration home("");
        plan::Inventory inventory;
        inventory.layout = layout::make_layout(home.environment, {});
        inventory.homes = {{.name = rust::HomeName::cargo,
                            .path = home / ".cargo",
                            .exists = true,
                            .problem = problem}};
        CHECK(support::codes(plan::make_plan(inventory, {})) == Codes{code});
    }
}

TEST_CASE("a home outside HOME needs every directory named", "[plan]") {
    Migration home("");
    support::write_file(home / "usr/local/cargo/config.toml", "x");
    std::filesystem::create_directory(home / "user");
    home.environment.variables = {{"HOME", (home / "user").string()},
                                  {"CARGO_HOME", (home / "usr/local/cargo").string()}};
    CHECK(support::codes(home.plan()) == Codes{"home_outside"});
    home.environment.variables["CARGO_CONFIG_HOME"] = (home / "etc/cargo").string();
    CHECK(support::codes(home.plan()) == Codes{});
}

TEST_CASE("a home that others may write needs every directory named, and closing", "[plan]") {
    const Faulty home;
    std::filesystem::permissions(home / ".cargo", std::filesystem::perms(0777));
    CHECK(support::codes(home.plan()) == Codes{"home_outside", "untrusted_parent"});
}

TEST_CASE("a target that more people may enter than the home stops the plan", "[plan]") {
    const Faulty home;
    std::filesystem::create_directories(home / ".config/cargo");
    CHECK(home.with([](plan::Inventory& inventory) {
        for (plan::Home& one : inventory.homes) {
            one.site.ancestors.back().mode = 0700;
        }
        for (auto& [path, site] : inventory.targets) {
            for (plan::Ancestor& ancestor : site.ancestors) {
                ancestor.mode = 0755;
            }
        }
    }) == Codes{"more_open"});
}

TEST_CASE("a directory that other programs share is never bin", "[plan]") {
    Faulty home;
    home.request.wishes.bin = (home / ".local/bin").string();
    CHECK(support::codes(home.plan()) == Codes{"shared_directory"});
}

TEST_CASE("rustup 1.27.0 and an interrupted transaction stop the plan", "[plan]") {
    const Faulty home;
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.rustup = rust::Version{1, 27, 0};
    }) == Codes{"rustup_1_27_0"});
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.rustup = rust::Version{1, 27, 1};
    }) == Codes{});
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.homes[0].past.unfinished = "3";
        inventory.items[0].info.immutable = true;
    }) == Codes{"unfinished"});
}

TEST_CASE("a link whose text has more than one meaning is not rewritten", "[plan]") {
    const Faulty home;
    std::filesystem::create_symlink("x/../../../tool", home / ".cargo/bin/link");
    CHECK(support::codes(home.plan()) == Codes{"link_leaves_item"});
    std::filesystem::remove(home / ".cargo/bin/link");
    std::filesystem::create_symlink("../../tool", home / ".cargo/bin/link");
    CHECK(support::codes(home.plan()) == Codes{"link_rewritten"});
    std::filesystem::remove(home / ".cargo/bin/link");
    std::filesystem::create_symlink(home / ".cargo/bin/tool", home / ".cargo/bin/link");
    CHECK(support::codes(home.plan()) == Codes{"absolute_links"});
}

TEST_CASE("habits that a split touches are warned of", "[plan]") {
    const Faulty home;
    support::write_file(home / ".cargo/bin/cross", "x");
    support::write_file(home / ".cargo/bin/rustup", "x");
    std::filesystem::create_hard_link(home / ".cargo/bin/rustup", home / ".cargo/bin/cargo");
    support::write_file(home / ".var/app/editor", "x");
    support::write_file(home / ".cargo/credentials", "x");
    support::write_file(home / ".cargo/mine", "x");
    CHECK(home.with([](plan::Inventory& inventory) {
        inventory.profile_warning = "careful";
        inventory.tools.push_back({7, "rust-analyzer", false});
        inventory.rustup = std::nullopt;
    }) == Codes{"profile",
                "hard_linked_proxies",
                "sees_only_home",
                "sees_only_home",
                "running_tools",
                "tightened",
                "unknown_items"});
}
