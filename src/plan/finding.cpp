#include "plan/finding.hpp"

#include <algorithm>
#include <utility>

namespace rehome::plan {

std::string_view name_of(Severity severity) {
    return severity == Severity::stop ? "stop" : "warn";
}

void Findings::stop(std::string code, const std::filesystem::path& path, std::string text,
                    std::string help) {
    add({Severity::stop, std::move(code), path.string(), std::move(text), std::move(help)});
}

void Findings::warn(std::string code, const std::filesystem::path& path, std::string text,
                    std::string help) {
    add({Severity::warn, std::move(code), path.string(), std::move(text), std::move(help)});
}

std::vector<Finding> Findings::take() {
    return std::exchange(findings_, {});
}

void Findings::add(Finding finding) {
    if (std::ranges::find(findings_, finding) == findings_.end()) {
        findings_.push_back(std::move(finding));
    }
}

bool stops(const std::vector<Finding>& findings) {
    return std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.severity == Severity::stop; });
}

}  // namespace rehome::plan
