#include "care/checks.hpp"

#include <algorithm>
#include <iterator>

namespace rehome::care {

std::vector<plan::Finding> diagnose(const Survey& survey) {
    std::vector<plan::Finding> all;
    for (const auto check :
         {check_homes, check_items, check_tools, check_permissions, check_shells}) {
        std::ranges::move(check(survey), std::back_inserter(all));
    }
    std::ranges::stable_sort(all, {}, [](const plan::Finding& finding) {
        return finding.severity == plan::Severity::stop ? 0 : 1;
    });
    return all;
}

}  // namespace rehome::care
