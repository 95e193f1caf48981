#pragma once

#include "apply/losses.hpp"
#include "base/json.hpp"
#include "cli/machine.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace rehome::cli {

// The items of a rollback's JSON document.
base::json::array items_back(const plan::Plan& plan);

// The document of one transaction's rollback: `id` is "" where no journal tells of it.
void show_rollback_json(const Machine& machine, const plan::Plan& plan, const std::string& id,
                        bool changed);

// What goes back, a line each.
void show_way_back(const Machine& machine, const plan::Plan& plan);

// What has gone back, in words or as the document.
void report_rollback(const Machine& machine, const plan::Plan& plan, const std::string& id);

// Warnings: of what is not there to go back, and of answers of cargo and rustup that are others
// with the items back.
void warn_of_losses(const Machine& machine, const apply::Losses& losses);
void warn_of_changes(const Machine& machine, const std::vector<std::string>& changes);

}  // namespace rehome::cli
