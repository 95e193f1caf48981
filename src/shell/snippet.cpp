// A template has four parts with an empty line between them: the comment, a variable, an entry of
// PATH, a directory. The first is written once, the others once for each of what they are for.

#include "shell/snippet.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "embedded/shell_snippets.hpp"
#include "shell/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace rehome::shell {

namespace {

struct Template {
    std::string_view comment;
    std::string_view variable;
    std::string_view entry;
    std::string_view directory;
};

// A word of the template, braces included, and the text that comes in its place.
struct Placeholder {
    std::string_view word;
    std::string text;
};

// Cuts off the text up to the next empty line; each part ends with one newline.
std::string_view next_part(std::string_view& text) {
    const std::size_t end = text.find("\n\n");
    base::require(end != text.npos, "a snippet's template has four parts");
    const std::string_view part = text.substr(0, end + 1);
    text.remove_prefix(end + 2);
    return part;
}

Template template_of(const Dialect& dialect) {
    const auto file = std::ranges::find_if(embedded::shell_snippets, [&](const auto& each) {
        return each.name.substr(0, each.name.find('.')) == dialect.name;
    });
    base::require(file != embedded::shell_snippets.end(), "every shell has a template");
    std::string_view text = file->text;
    const std::string_view comment = next_part(text);
    const std::string_view variable = next_part(text);
    const std::string_view entry = next_part(text);
    return {comment, variable, entry, text};
}

// In one pass, for what comes in may look like a placeholder itself.
std::string filled(std::string_view part, const std::vector<Placeholder>& placeholders) {
    std::string result;
    while (!part.empty()) {
        const auto found = std::ranges::find_if(
            placeholders, [&](const Placeholder& each) { return part.starts_with(each.word); });
        if (found == placeholders.end()) {
            result += part.front();
            part.remove_prefix(1);
        } else {
            result += found->text;
            part.remove_prefix(found->word.size());
        }
    }
    return result;
}

// Renders one snippet for one shell.
class Renderer {
public:
    Renderer(const Dialect& dialect, std::string_view home)
        : dialect_(dialect), template_(template_of(dialect)), home_(home) {}

    std::string comment(const std::vector<std::string>& notes) const {
        return std::string(template_.comment) + note_lines("#", notes);
    }

    std::string variable(const Variable& variable) const {
        const auto value = quoted(variable.value);
        return value ? filled(template_.variable, {{"{name}", variable.name}, {"{value}", *value}})
                     : left_out(variable.name, variable.value);
    }

    std::string entry(const std::string& path) const {
        const auto entry = quoted(path);
        return entry ? filled(template_.entry, {{"{entry}", *entry}}) : left_out("PATH", path);
    }

    std::string directory(const PurgeableDirectory& directory) const {
        const auto link = quoted(directory.link);
        const auto target = quoted(directory.target);
        return link && target
                   ? filled(template_.directory, {{"{link}", *link}, {"{target}", *target}})
                   : left_out("mkdir", link ? directory.target : directory.link);
    }

private:
    std::optional<std::string> quoted(std::string_view value) const {
        return between_quotes(dialect_, value, home_);
    }

    std::string left_out(std::string_view what, std::string_view value) const {
        return fmt::format("# {} is left out: {} has no way to write {}\n",
                           what,
                           dialect_.name,
                           base::in_quotes(value));
    }

    const Dialect& dialect_;
    Template template_;
    std::string_view home_;
};

}  // namespace

std::vector<std::string> shell_names() {
    std::vector<std::string> names;
    for (const Dialect& dialect : dialects()) {
        names.emplace_back(dialect.name);
    }
    return names;
}

std::string note_lines(std::string_view mark, const std::vector<std::string>& notes) {
    std::string text = notes.empty() ? "" : fmt::format("{}\n", mark);
    for (const std::string& note : notes) {
        text += fmt::format("{} {}\n", mark, base::printable(note));
    }
    return text;
}

std::optional<Shell> shell_named(std::string_view name) {
    const auto found = std::ranges::find(dialects(), name, &Dialect::name);
    return found == dialects().end() ? std::nullopt : std::optional(found->shell);
}

std::string render(Shell shell, const Snippet& snippet) {
    const std::string code = lines(shell, snippet);
    return Renderer(dialect_of(shell), snippet.home).comment(snippet.notes) +
           (code.empty() ? "" : "\n") + code;
}

std::string lines(Shell shell, const Snippet& snippet) {
    const Renderer renderer(dialect_of(shell), snippet.home);
    std::string text;
    const auto begin_part = [&](bool any) { text += any && !text.empty() ? "\n" : ""; };

    for (const Variable& variable : snippet.variables) {
        text += renderer.variable(variable);
    }
    // Each is put in front of the one before, so the last comes first.
    begin_part(!snippet.path.empty());
    for (auto entry = snippet.path.rbegin(); entry != snippet.path.rend(); ++entry) {
        text += renderer.entry(*entry);
    }
    begin_part(!snippet.directories.empty());
    for (const PurgeableDirectory& directory : snippet.directories) {
        text += renderer.directory(directory);
    }
    return text;
}

}  // namespace rehome::shell
