#pragma once

#include "plan/inventory.hpp"
#include "plan/plan.hpp"
#include "rules/rule_set.hpp"
#include "scan/scan.hpp"
#include "support/migration.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::support {

using Codes = std::vector<std::string>;

// An empty home to be filled, scanned, and planned with facts that a test sets by hand: an
// inventory is a plain value.
struct Scanned : Migration {
    Scanned() : Migration("") {}

    void write(std::string_view file, std::string_view text = "x") const;

    // Refers to rules that this object keeps.
    [[nodiscard]] plan::Inventory inventory(scan::Sizes sizes = scan::Sizes::left_out) const;
    [[nodiscard]] plan::Plan plan_with(const std::function<void(plan::Inventory&)>& change) const;
    // The codes of that plan's findings.
    [[nodiscard]] Codes with(const std::function<void(plan::Inventory&)>& change) const;

private:
    mutable rules::RuleSet rules_;
};

// Throws std::runtime_error if the inventory has no such item.
plan::Item& item_of(plan::Inventory& inventory, const std::string& item);

// The directory in which the item's target will lie.
plan::Site& target_of(plan::Inventory& inventory, const std::string& item);

}  // namespace rehome::support
