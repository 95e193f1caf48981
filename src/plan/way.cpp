#include "plan/way.hpp"

#include <algorithm>

namespace rehome::plan {

Way way_of(const Inventory& inventory, const Item& item) {
    if (item.lower_layer) {
        return Way::replace;
    }
    // The two directories are compared: an item that is a btrfs subvolume has a device number of
    // its own and can be renamed all the same.
    const os::FileInfo& there = target_site(inventory, item).info;
    const bool same = there.device == item.parent.device && there.mount_id == item.parent.mount_id;
    return same ? Way::rename : Way::copy;
}

std::vector<Recreatable> drops_of(const Inventory& inventory, const Item& item,
                                  const Request& request) {
    return request.drop_regenerable && is_copied(inventory, item) ? item.recreatable
                                                                  : std::vector<Recreatable>();
}

bool is_copied(const Inventory& inventory, const Item& item) {
    return item.placement.fate == Fate::move && way_of(inventory, item) != Way::rename;
}

std::vector<const Item*> moving_items(const Inventory& inventory) {
    std::vector<const Item*> items;
    for (const Item& item : inventory.items) {
        if (item.placement.fate == Fate::move) {
            items.push_back(&item);
        }
    }
    return items;
}

const Site& target_site(const Inventory& inventory, const Item& item) {
    return inventory.targets.at(std::filesystem::path(item.placement.target).parent_path());
}

std::filesystem::path mount_point(const Inventory& inventory, const Item& item) {
    const auto mount = std::ranges::find(inventory.mounts, item.parent.mount_id, &os::Mount::id);
    return mount == inventory.mounts.end() ? std::filesystem::path() : mount->point;
}

const Home& home_of(const Inventory& inventory, const Item& item) {
    return *std::ranges::find(inventory.homes, item.placement.rule->home(), &Home::name);
}

}  // namespace rehome::plan
