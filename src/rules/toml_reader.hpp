#pragma once

#include "base/toml.hpp"
#include "rules/rule.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::rules {

// The text of one rule file. Messages name it by `name`.
struct RuleFile {
    std::string name;
    std::string text;
};

// Reads values out of one rule file; every mistake throws Error(usage) with
// "file:line:column: what", the line and a caret below the place.
class TomlReader {
public:
    explicit TomlReader(const RuleFile& file);

    [[nodiscard]] const toml::table& root() const { return root_; }

    [[nodiscard]] Source source(const toml::node& node) const;
    [[nodiscard]] Source source(const toml::key& key) const;

    [[nodiscard]] std::string text(const toml::node& node, std::string_view key) const;
    [[nodiscard]] bool flag(const toml::node& node, std::string_view key) const;
    [[nodiscard]] const toml::table& table(const toml::node& node, std::string_view key) const;
    // The text, which has to be one of the words.
    [[nodiscard]] std::string word(const toml::node& node, std::string_view key,
                                   const std::vector<std::string>& words) const;
    // Throws for the first key of the table that is not in the list, naming the nearest.
    void allow_keys(const toml::table& table, const std::vector<std::string>& keys) const;

    [[noreturn]] void fail(const Source& at, std::string_view what) const;

private:
    const RuleFile& file_;
    toml::table root_;
};

}  // namespace rehome::rules
