#pragma once

#include "base/json.hpp"
#include "plan/plan.hpp"

#include <string>

namespace rehome::plan {

// The one JSON form of a plan, for `--json`, plan files and the journal. Sizes are in bytes, times
// in ns, paths as base::bytes_to_json() writes them.
base::json::object to_json(const Plan& plan);

// The reverse. Throws Error(usage) naming the member that is missing or wrong; `where` names the
// document.
Plan plan_from_json(const base::json::value& value, const std::string& where);

base::json::object to_json(const Finding& finding);
base::json::object to_json(const tree::TreeSize& size);

}  // namespace rehome::plan
