#include "rules/toml_reader.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace rehome::rules {

namespace {

std::string line_of(const std::string& text, std::uint32_t number) {
    std::istringstream lines(text);
    std::string line;
    for (std::uint32_t at = 0; at < number && std::getline(lines, line); ++at) {
    }
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    return base::in_its_columns(line);
}

[[noreturn]] void throw_at(const RuleFile& file, const Source& at, std::string_view what) {
    const std::string line = line_of(file.text, at.line);
    // Tabs stay tabs, so that the caret stands below its place whatever their width is.
    // To toml++ the end of the file lies behind the last line's end.
    const std::size_t column = std::clamp<std::size_t>(at.column, 1, base::columns(line) + 1);
    std::string indent;
    for (std::string_view rest = base::cut(line, column - 1); !rest.empty();) {
        indent += rest.front() == '\t' ? '\t' : ' ';
        rest.remove_prefix(base::cut(rest, 1).size());
    }
    throw base::Error(base::Kind::usage,
                      fmt::format("{}:{}:{}: {}\n    {}\n    {}^",
                                  base::printable(file.name),
                                  at.line,
                                  column,
                                  base::printable(what),
                                  line,
                                  indent));
}

// toml++ would find it too, but in the line before.
void refuse_odd_byte(const RuleFile& file) {
    if (const auto odd = base::first_odd_byte(file.text)) {
        const std::string_view before = std::string_view(file.text).substr(0, *odd);
        const auto line = std::ranges::count(before, '\n') + 1;
        const std::size_t column = base::columns(before.substr(before.rfind('\n') + 1)) + 1;
        throw_at(file,
                 {file.name, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)},
                 fmt::format("the byte 0x{:02x} is not UTF-8",
                             static_cast<unsigned char>(file.text[*odd])));
    }
}

toml::table parse_table(const RuleFile& file) {
    refuse_odd_byte(file);
    try {
        return toml::parse(std::string_view(file.text), std::string_view(file.name));
    } catch (const toml::parse_error& error) {
        const Source at{file.name, error.source().begin.line, error.source().begin.column};
        throw_at(file, at, error.description());
    }
}

}  // namespace

TomlReader::TomlReader(const RuleFile& file) : file_(file), root_(parse_table(file)) {}

Source TomlReader::source(const toml::node& node) const {
    return {file_.name, node.source().begin.line, node.source().begin.column};
}

Source TomlReader::source(const toml::key& key) const {
    return {file_.name, key.source().begin.line, key.source().begin.column};
}

std::string TomlReader::text(const toml::node& node, std::string_view key) const {
    const auto value = node.value_exact<std::string>();
    if (!value) {
        fail(source(node), fmt::format("'{}' must be a string", key));
    }
    return *value;
}

bool TomlReader::flag(const toml::node& node, std::string_view key) const {
    const auto value = node.value_exact<bool>();
    if (!value) {
        fail(source(node), fmt::format("'{}' must be true or false", key));
    }
    return *value;
}

const toml::table& TomlReader::table(const toml::node& node, std::string_view key) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        fail(source(node), fmt::format("'{}' must be a table", key));
    }
    return *table;
}

std::string TomlReader::word(const toml::node& node, std::string_view key,
                             const std::vector<std::string>& words) const {
    std::string value = text(node, key);
    if (std::ranges::find(words, value) == words.end()) {
        fail(source(node),
             fmt::format("unknown {} {}{}; it is one of {}",
                         key,
                         base::in_quotes(value),
                         base::did_you_mean(value, words),
                         base::listed(words)));
    }
    return value;
}

void TomlReader::allow_keys(const toml::table& table, const std::vector<std::string>& keys) const {
    for (const auto& [key, node] : table) {
        if (std::ranges::find(keys, key.str()) == keys.end()) {
            fail(source(key),
                 fmt::format("unknown key {}{}",
                             base::in_quotes(key.str()),
                             base::did_you_mean(key.str(), keys)));
        }
    }
}

void TomlReader::fail(const Source& at, std::string_view what) const {
    throw_at(file_, at, what);
}

}  // namespace rehome::rules
