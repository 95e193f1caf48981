#include "plan/space_checks.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace rehome::plan {

namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t journal_bytes = 1U << 18U;
constexpr std::uint64_t manifest_entry = 128;
constexpr std::uint64_t inode_bytes = 512;  // where inodes are made as they are needed

// What a filesystem has, and has to have.
struct Need {
    const Site* site = nullptr;
    os::Capacity capacity;
    std::uint64_t bytes = 0;
    std::uint64_t inodes = 0;
};

class SpaceChecker {
public:
    explicit SpaceChecker(const Inventory& inventory)
        : inventory_(inventory), moving_(moving_items(inventory)) {}

    std::vector<Finding> check() {
        if (moving_.empty()) {
            return {};
        }
        std::uint64_t entries = 0;
        for (const Item* item : moving_) {
            need_on(home_of(inventory_, *item).site);
            Need& need = need_on(target_site(inventory_, *item));
            if (is_copied(inventory_, *item) && item->traits) {
                add_copy(need, *item->traits);
                entries += item->traits->entries;
            }
        }
        need_on(inventory_.state).bytes += entries * manifest_entry;
        for (const auto& [device, need] : needs_) {
            compare(need);
        }
        return findings_.take();
    }

private:
    // Every filesystem that takes part gets some names and directories.
    Need& need_on(const Site& site) {
        const auto [place, is_new] = needs_.try_emplace(site.info.device);
        Need& need = place->second;
        if (is_new) {
            const std::uint64_t names = 3 * moving_.size() + inventory_.targets.size() * 3 + 4;
            need = {.site = &site,
                    .capacity = site.capacity,
                    .bytes = names * block + journal_bytes,
                    .inodes = names};
        } else if (site.capacity.free_bytes < need.capacity.free_bytes ||
                   site.capacity.free_inodes < need.capacity.free_inodes) {
            need.site = &site;
            need.capacity = site.capacity;
        }
        return need;
    }

    static void add_copy(Need& need, const tree::TreeTraits& tree) {
        const std::uint64_t rounding = std::max(need.capacity.block, block) - block;
        need.bytes += tree.room + tree.entries * (rounding + inode_bytes);
        need.inodes += tree.entries;
    }

    void compare(const Need& need) {
        const os::Capacity& capacity = need.capacity;
        const bool no_inodes = capacity.free_inodes && *capacity.free_inodes < need.inodes;
        if (capacity.free_bytes >= need.bytes && !no_inodes) {
            return;
        }
        findings_.stop(
            "no_space",
            need.site->existing,
            fmt::format("the filesystem of {} has not enough room: {} and {} are needed, {} and "
                        "{} are free",
                        base::in_quotes(need.site->existing.native()),
                        base::human_bytes(need.bytes),
                        base::counted(need.inodes, "inode"),
                        base::human_bytes(capacity.free_bytes),
                        capacity.free_inodes ? base::counted(*capacity.free_inodes, "inode")
                                             : "enough inodes"),
            "free some space there first, or choose another directory");
    }

    const Inventory& inventory_;
    std::vector<const Item*> moving_;
    std::map<std::uint64_t, Need> needs_;  // by device
    Findings findings_;
};

}  // namespace

std::vector<Finding> check_space(const Inventory& inventory) {
    return SpaceChecker(inventory).check();
}

}  // namespace rehome::plan
