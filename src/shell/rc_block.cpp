#include "shell/rc_block.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rehome::shell {

namespace {

using base::Error;
using base::Kind;

constexpr std::string_view begin_marker = "# >>> rehome env >>>";
constexpr std::string_view end_marker = "# <<< rehome env <<<";
constexpr std::string_view about = " `rehome env uninstall` removes these lines";
constexpr std::string_view no_line_end = " (the line above had no end)";
constexpr std::string_view new_file = " (the file is new)";
constexpr std::string_view new_directories = " (directories made: ";

// A line of the text, cut off at its newline, which is not in it.
struct Line {
    std::size_t begin = 0;
    std::size_t next = 0;  // of the next one, or of the end of the text
    std::string_view text;
};

Line line_at(std::string_view text, std::size_t begin) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t next = newline == text.npos ? text.size() : newline + 1;
    const std::size_t end = newline == text.npos ? text.size() : newline;
    return {begin, next, text.substr(begin, end - begin)};
}

std::string_view without_return(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_begin(std::string_view line) {
    line = without_return(line);
    return line == begin_marker || line.starts_with(std::string(begin_marker) + " ");
}

RcOrigin origin_of(std::string_view marker) {
    RcOrigin origin;
    origin.was_there = marker.find(new_file) == marker.npos;
    origin.last_line_ended = marker.find(no_line_end) == marker.npos;
    if (const std::size_t at = marker.find(new_directories); at != marker.npos) {
        const char* number = marker.data() + at + new_directories.size();
        std::from_chars(number, marker.data() + marker.size(), origin.directories_made);
    }
    return origin;
}

std::string marker_of(const RcOrigin& origin) {
    std::string marker = std::string(begin_marker) + std::string(about);
    marker += origin.last_line_ended ? "" : no_line_end;
    marker += origin.was_there ? "" : new_file;
    if (origin.directories_made > 0) {
        marker += fmt::format("{}{})", new_directories, origin.directories_made);
    }
    return marker + "\n";
}

[[noreturn]] void refuse(std::string_view file, std::size_t line, std::string_view what) {
    throw Error(Kind::refused,
                fmt::format("{}:{}: {}; nothing was changed", base::printable(file), line, what),
                fmt::format("mend the lines {} to {} by hand, or remove them, and run it again",
                            base::in_quotes(begin_marker),
                            base::in_quotes(end_marker)));
}

}  // namespace

std::optional<RcBlock> find_block(std::string_view text, std::string_view file) {
    std::optional<RcBlock> found;
    std::size_t opened = 0;  // the number of the line
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Line line = line_at(text, at);
        at = line.next;
        number += 1;
        if (is_begin(line.text)) {
            if (opened != 0) {
                refuse(file, opened, "rehome's lines begin here and do not end");
            }
            if (found) {
                refuse(file, number, "rehome's lines begin here a second time");
            }
            opened = number;
            found = RcBlock{.begin = line.begin, .end = 0, .origin = origin_of(line.text)};
        } else if (without_return(line.text) == end_marker) {
            if (opened == 0) {
                refuse(file, number, "rehome's lines end here and do not begin");
            }
            opened = 0;
            found->end = line.next;
        }
    }
    if (opened != 0) {
        refuse(file, opened, "rehome's lines begin here and do not end");
    }
    return found;
}

std::string with_block(std::string_view text, std::string_view lines, const RcOrigin& origin,
                       std::string_view file) {
    const auto written = [&](const RcOrigin& of) {
        return marker_of(of) + std::string(lines) + std::string(end_marker) + "\n";
    };
    if (const std::optional<RcBlock> old = find_block(text, file)) {
        return std::string(text.substr(0, old->begin)) + written(old->origin) +
               std::string(text.substr(old->end));
    }
    RcOrigin now = origin;
    now.last_line_ended = text.empty() || text.ends_with('\n');
    return std::string(text) + (now.last_line_ended ? "" : "\n") + written(now);
}

std::string without_block(std::string_view text, std::string_view file) {
    const std::optional<RcBlock> block = find_block(text, file);
    if (!block) {
        return std::string(text);
    }
    std::string_view before = text.substr(0, block->begin);
    const std::string_view after = text.substr(block->end);
    // Else what was written below the block would go on the line above it.
    if (!block->origin.last_line_ended && after.empty() && before.ends_with('\n')) {
        before.remove_suffix(1);
        // An editor has made it the end of the line; a \r of the file's own stays.
        if (line_at(text, block->begin).text.ends_with('\r') && before.ends_with('\r')) {
            before.remove_suffix(1);
        }
    }
    return std::string(before) + std::string(after);
}

}  // namespace rehome::shell
