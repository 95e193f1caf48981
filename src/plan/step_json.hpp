#pragma once

#include "base/json.hpp"
#include "plan/step.hpp"

#include <string>

namespace rehome::plan {

base::json::object to_json(const Step& step);

// Throws Error(usage) naming the member that is missing or wrong.
Step step_from_json(const base::json::value& value, const std::string& where);

base::json::object to_json(const Identity& identity);
Identity identity_from_json(const base::JsonReader& reader);

// The member 'mode': permissions, and nothing above them.
std::uint32_t mode_from_json(const base::JsonReader& reader);

}  // namespace rehome::plan
