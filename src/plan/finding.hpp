#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::plan {

// stop: the plan cannot be applied. warn: it can, and the user should know.
enum class Severity { stop, warn };

std::string_view name_of(Severity severity);

// Something about the homes or the targets that a person has to know before a plan is applied.
struct Finding {
    Severity severity = Severity::warn;
    std::string code;  // stable, for scripts: "target_exists"
    std::string path;  // what it is about
    std::string text;  // one sentence: what, where, why it matters
    std::string help;  // what to do next, or ""

    bool operator==(const Finding&) const = default;
};

// Collects findings; one that was told already is not told again.
class Findings {
public:
    void stop(std::string code, const std::filesystem::path& path, std::string text,
              std::string help);
    void warn(std::string code, const std::filesystem::path& path, std::string text,
              std::string help = "");
    void add(Finding finding);

    // Leaves none behind.
    [[nodiscard]] std::vector<Finding> take();

private:
    std::vector<Finding> findings_;
};

// Whether one of them stops the plan.
bool stops(const std::vector<Finding>& findings);

}  // namespace rehome::plan
