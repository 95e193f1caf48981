#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"

#include <filesystem>
#include <vector>

namespace rehome::plan {

// How an item that moves gets to its target. Pure; the kernel has the last word when applying.
Way way_of(const Inventory& inventory, const Item& item);

// The parts of an item that moves that are not copied.
std::vector<Recreatable> drops_of(const Inventory& inventory, const Item& item,
                                  const Request& request);

// Whether it moves, and not by a rename.
bool is_copied(const Inventory& inventory, const Item& item);

// The items that move, in the order of their names.
std::vector<const Item*> moving_items(const Inventory& inventory);

// Where the item's target will lie.
const Site& target_site(const Inventory& inventory, const Item& item);

// Where the filesystem is mounted on which a moving item lies now; "" where that is not told.
std::filesystem::path mount_point(const Inventory& inventory, const Item& item);

// The home of an item that a rule knows.
const Home& home_of(const Inventory& inventory, const Item& item);

}  // namespace rehome::plan
