// A rule file is read, or it is refused with its line, its column and a caret. What was read can be
// written as TOML and reads the same again; an item that a user's file does not name stays as it
// is.

#include "fuzz/property.hpp"
#include "rules/parse.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>

namespace rehome::fuzz {

namespace {

using rules::RuleSet;

// Below the file in question, as the embedded rules are.
const rules::RuleFile base_file{"base.toml", R"(
[[item]]
path = "cargo/bin"
kind = "directory"
category = "bin"

[[item]]
path = "cargo/registry"
kind = "directory"
category = "cache"
regenerable = true

[[item]]
path = "cargo/registry/src"
kind = "directory"

[profiles.category]
about = "by what an item is"

[profiles.tiered.items]
"cargo/registry" = "state"
)"};

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        if (each == '"' || each == '\\') {
            result += '\\';
            result += each;
        } else if (byte < 0x20 || byte == 0x7f) {
            result += fmt::format("\\u{:04x}", byte);
        } else {
            result += each;
        }
    }
    return result + "\"";
}

std::string line(std::string_view key, std::string_view value) {
    return fmt::format("{} = {}\n", key, value);
}

std::string optional_line(std::string_view key, const std::optional<std::string>& value) {
    return value ? line(key, quoted(*value)) : "";
}

std::string as_toml(const rules::Rule& rule) {
    std::string text = "[[item]]\n" + line("path", quoted(rule.item)) +
                       line("kind", rule.kind == rules::ItemKind::file ? "'file'" : "'directory'");
    if (rule.category) {
        text += line("category", quoted(rules::name_of(*rule.category)));
    }
    text += line("about", quoted(rule.about)) + line("why", quoted(rule.why)) +
            line("when_deleted", quoted(rule.when_deleted)) +
            line("regenerable", rule.regenerable ? "true" : "false") +
            line("programs", rule.programs ? "true" : "false");
    if (rule.mode) {
        text += line("mode", fmt::format("'{:04o}'", *rule.mode));
    }
    return text + optional_line("same_filesystem_as", rule.same_filesystem_as) +
           optional_line("recreated_from", rule.recreated_from) +
           optional_line("since", rule.since) + optional_line("until", rule.until);
}

std::string as_toml(const rules::Profile& profile) {
    const std::string name = quoted(profile.name);
    std::string text = fmt::format("[profiles.{}]\n", name) + line("about", quoted(profile.about)) +
                       optional_line("warning", profile.warning) +
                       line("others", profile.others_stay ? "'keep'" : "'rule'");
    text += fmt::format("[profiles.{}.items]\n", name);
    for (const auto& [item, category] : profile.items) {
        text += line(quoted(item), quoted(rules::name_of(category)));
    }
    return text;
}

std::string as_toml(const RuleSet& set) {
    std::string text;
    for (const auto& [item, rule] : set.rules) {
        text += as_toml(rule);
    }
    for (const auto& [name, profile] : set.profiles) {
        text += as_toml(profile);
    }
    return text;
}

// Without its line end.
std::string line_of(std::string_view text, std::size_t row) {
    for (; row > 1; --row) {
        text.remove_prefix(text.find('\n') + 1);
    }
    const std::string_view line = text.substr(0, text.find('\n'));
    return std::string(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
}

// "NAME:LINE:COLUMN: what", the line, and a caret that stands below a character of it or its end.
void check_message(const rules::RuleFile& file, const std::string& message) {
    std::istringstream lines(message);
    std::string first;
    std::string shown;
    std::string caret;
    std::string more;
    std::getline(lines, first);
    std::getline(lines, shown);
    std::getline(lines, caret);
    hold(!std::getline(lines, more) && lines.eof(), "a refusal has three lines", message);

    std::size_t row = 0;
    std::size_t column = 0;
    hold(first.starts_with(file.name) &&
             std::sscanf(first.c_str() + file.name.size(), ":%zu:%zu: ", &row, &column) == 2,
         "a refusal begins with its place",
         message);
    const auto rows = static_cast<std::size_t>(std::ranges::count(file.text, '\n')) + 1;
    hold(row >= 1 && row <= rows, "the line is one of the file", message);
    hold(shown == "    " + base::in_its_columns(line_of(file.text, row)),
         "that line is shown",
         message);
    hold(caret.starts_with("    ") && caret.ends_with("^") &&
             caret.find_first_not_of(" \t") == caret.size() - 1,
         "the line and its caret are indented",
         message);
    hold(caret.size() == 4 + column, "the caret is in the column", message);
    hold(column >= 1 && column <= base::columns(shown.substr(4)) + 1,
         "the caret stands below its line",
         message);
}

std::optional<RuleSet> parsed(const std::vector<rules::RuleFile>& embedded,
                              const rules::RuleFile& file) {
    try {
        return rules::parse_rules(embedded, {file});
    } catch (const base::Error& error) {
        hold_refusal(error, base::Kind::usage);
        check_message(file, error.what());
    }
    return std::nullopt;
}

void check_set(const RuleSet& set) {
    for (const auto& [item, rule] : set.rules) {
        hold(rule.item == item && !rule.path().empty(), "a rule is for a path in a home", item);
        static_cast<void>(rule.home());
        for (const auto& [name, profile] : set.profiles) {
            static_cast<void>(set.category(rule, profile));
        }
    }
    const std::string text = as_toml(set);
    const std::optional<RuleSet> again = parsed({}, {"again.toml", text});
    hold(again && as_toml(*again) == text, "what was read can be written and read again", text);
}

}  // namespace

}  // namespace rehome::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rehome;
    const rules::RuleFile file{"my.toml", std::string(reinterpret_cast<const char*>(data), size)};
    if (const auto alone = fuzz::parsed({}, file)) {
        fuzz::check_set(*alone);
    }
    static const rules::RuleSet base = rules::parse_rules({fuzz::base_file}, {});
    if (const auto over = fuzz::parsed({fuzz::base_file}, file)) {
        fuzz::check_set(*over);
        for (const auto& [item, rule] : base.rules) {
            fuzz::hold(over->find(item) != nullptr, "a user's file takes no rule away", item);
            if (file.text.find('\\') == std::string::npos &&
                file.text.find(item) == std::string::npos) {
                fuzz::hold(fuzz::as_toml(*over->find(item)) == fuzz::as_toml(rule),
                           "an item that is not named stays as it is",
                           item);
            }
        }
    }
    return 0;
}
