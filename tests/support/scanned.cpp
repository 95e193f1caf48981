#include "support/scanned.hpp"

#include "plan/planner.hpp"
#include "rules/load.hpp"
#include "support/files.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace rehome::support {

void Scanned::write(std::string_view file, std::string_view text) const {
    write_file(*this / file, text);
}

plan::Inventory Scanned::inventory(scan::Sizes sizes) const {
    const os::ReadFs fs;
    rules_ = rules::load_rules(fs, "/nowhere", std::nullopt);
    const std::vector<journal::Journal> known = journals();
    return scan::scan(fs,
                      {.environment = environment,
                       .rules = rules_,
                       .journals = known,
                       .request = request,
                       .sizes = sizes});
}

plan::Plan Scanned::plan_with(const std::function<void(plan::Inventory&)>& change) const {
    plan::Inventory inventory = this->inventory();
    change(inventory);
    return plan::make_plan(inventory, request);
}

Codes Scanned::with(const std::function<void(plan::Inventory&)>& change) const {
    return codes(plan_with(change));
}

plan::Item& item_of(plan::Inventory& inventory, const std::string& item) {
    const auto found = std::ranges::find_if(
        inventory.items, [&](const plan::Item& each) { return each.placement.item == item; });
    if (found == inventory.items.end()) {
        throw std::runtime_error("no item " + item);
    }
    return *found;
}

plan::Site& target_of(plan::Inventory& inventory, const std::string& item) {
    const std::filesystem::path target = item_of(inventory, item).placement.target;
    return inventory.targets.at(target.parent_path());
}

}  // namespace rehome::support
