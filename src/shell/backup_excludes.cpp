// Files of patterns with which backups leave out what can be downloaded again. Each tool has rules
// of its own for what is special in a pattern, and takes spaces off the ends of a line.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

struct Tool {
    std::string_view name;
    std::string_view usage;  // with the patterns in the file `rust-caches`
    std::string (*pattern)(const std::string& path);
    OddBytes odd_bytes = OddBytes::kept;
    bool has_comments = true;
};

constexpr auto backslashes =
    std::to_array<Escape>({{"\\", "\\\\"}, {"*", "\\*"}, {"?", "\\?"}, {"[", "\\["}});

// Variables are expanded before the line is a pattern.
constexpr auto restic_escapes =
    std::to_array<Escape>({{"\\", "\\\\"}, {"*", "\\*"}, {"?", "\\?"}, {"[", "\\["}, {"$", "$$"}});

constexpr auto brackets = std::to_array<Escape>({{"*", "[*]"}, {"?", "[?]"}, {"[", "[[]"}});

// Which spaces a tool takes off.
enum class Spaces { ascii, unicode };

// A space at the end, which would be taken off, in brackets.
std::string with_guarded_end(const std::string& pattern, Spaces spaces) {
    const std::size_t space = space_at_end(pattern);
    if (space == 0 || (space > 1 && spaces == Spaces::ascii)) {
        return pattern;
    }
    const std::size_t last = pattern.size() - space;
    return fmt::format("{}[{}]", pattern.substr(0, last), pattern.substr(last));
}

std::string restic_pattern(const std::string& path) {
    return with_guarded_end(escaped(path, restic_escapes), Spaces::unicode);
}

std::string borg_pattern(const std::string& path) {
    return "fm:" + with_guarded_end(escaped(path, brackets), Spaces::unicode);
}

// A backslash is special only beside a wildcard.
std::string rsync_pattern(const std::string& path) {
    return path.find_first_of("*?[") == std::string::npos ? path : escaped(path, backslashes);
}

std::string tar_pattern(const std::string& path) {
    return with_guarded_end(escaped(path, backslashes), Spaces::ascii);
}

constexpr auto tools = std::to_array<Tool>({
    {"restic", "restic backup --exclude-file=rust-caches ~", restic_pattern},
    {"borg",
     "borg create --exclude-from rust-caches ::{now} ~",
     borg_pattern,
     OddBytes::impossible},
    // It has to see the whole paths.
    {"rsync", "rsync -a --relative --exclude-from=rust-caches ~ DESTINATION", rsync_pattern},
    {"tar", "tar -c -f ARCHIVE --exclude-from=rust-caches ~", tar_pattern, OddBytes::kept, false},
});

std::string write(const Tool& tool, const std::string& name, const Snippet& snippet) {
    const Limits limits{.form = name, .odd_bytes = tool.odd_bytes};
    std::string text;
    if (tool.has_comments) {
        text =
            fmt::format("# Made by `rehome print-env {0}`: what cargo and rustup download again.\n"
                        "#     rehome print-env {0} > rust-caches\n"
                        "#     {1}\n",
                        name,
                        tool.usage);
        text += note_lines("#", snippet.notes);
        text += snippet.caches.empty() ? "" : "\n";
    }
    for (const std::string& cache : snippet.caches) {
        text += tool.pattern(within(limits, "a cache", cache)) + "\n";
    }
    return text;
}

Form form_of(const Tool& tool) {
    const std::string name = fmt::format("backup-excludes-{}", tool.name);
    const std::string advice = fmt::format("{} reads no comments. To use these patterns:\n"
                                           "    rehome print-env {} > rust-caches\n"
                                           "    {}",
                                           tool.name,
                                           name,
                                           tool.usage);
    return {.name = name,
            .about = fmt::format("{}: patterns of the caches, which need no backup", tool.name),
            .write = [&tool, name](const Snippet& snippet) { return write(tool, name, snippet); },
            .advice = tool.has_comments ? "" : advice};
}

}  // namespace

std::vector<Form> backup_excludes_forms() {
    std::vector<Form> forms;
    for (const Tool& tool : tools) {
        forms.push_back(form_of(tool));
    }
    return forms;
}

}  // namespace rehome::shell
