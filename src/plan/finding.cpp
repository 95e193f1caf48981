#include "plan/finding.hpp"

#include <algorithm>

namespace rehome::plan {

std::string_view name_of(Severity severity) {
    return severity == Severity::stop ? "stop" : "warn";
}

bool stops(const std::vector<Finding>& findings) {
    return std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.severity == Severity::stop; });
}

}  // namespace rehome::plan
