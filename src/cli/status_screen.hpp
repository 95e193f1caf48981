#pragma once

#include "care/survey.hpp"
#include "cli/machine.hpp"

#include <string>

namespace rehome::cli {

// The survey as a table: per home who has split it and where each item stands; then the variables
// that are set, and the programs that a shell finds.
std::string status_text(const Machine& machine, const care::Survey& survey);

base::json::object status_json(const care::Survey& survey);

}  // namespace rehome::cli
