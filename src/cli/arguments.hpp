#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::cli {

// One option of a command. `value` names its argument in the help text; empty for a switch.
struct Option {
    std::string name;    // long, without dashes
    char letter = '\0';  // '\0': none
    std::string value;
    std::string about;
};

// What a command takes. Every command has --json, --color, --quiet, --verbose and --help besides.
struct Grammar {
    std::string name;
    std::string about;
    std::string operands;  // "[ID]", as in the help text
    std::size_t operands_min = 0;
    std::size_t operands_max = 0;
    std::vector<Option> options;
    std::string details = {};  // lines of the help text, above the options
};

// The arguments of one command, parsed.
class Arguments {
public:
    [[nodiscard]] bool has(const std::string& option) const { return values_.contains(option); }

    [[nodiscard]] std::optional<std::string> value(const std::string& option) const;

    [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }

    // Throws Error(usage) for an unknown option (naming the nearest), a missing or doubled value,
    // too few or too many operands.
    static Arguments parse(const Grammar& grammar, const std::vector<std::string>& words);

private:
    std::map<std::string, std::string> values_;
    std::vector<std::string> operands_;
};

// The help page of one command.
std::string help_text(const Grammar& grammar);

}  // namespace rehome::cli
