#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rehome::shell {

// How a start-up file was before it got our block, as far as its remaining text does not tell. It
// is written into the block's first line, so that the file can be made again as it was.
struct RcOrigin {
    bool was_there = true;             // the file
    bool last_line_ended = true;       // with a newline; an empty file counts as ended
    std::size_t directories_made = 0;  // above the file, for it

    bool operator==(const RcOrigin&) const = default;
};

// Where our block stands in a text: from the first byte of its first line, which is the begin
// marker, to behind the end marker's line.
struct RcBlock {
    std::size_t begin = 0;
    std::size_t end = 0;
    RcOrigin origin;

    bool operator==(const RcBlock&) const = default;
};

// Nothing if there is none. Throws Error(refused) that names file and line of a marker without its
// partner, or of a second block. A marker also counts where an editor has given it a \r.
std::optional<RcBlock> find_block(std::string_view text, std::string_view file);

// The text with a block that holds these lines (each ends with a newline): in the place of the
// block that is there, keeping its origin, else at the end. All other bytes are as before. Throws
// as find_block().
std::string with_block(std::string_view text, std::string_view lines, const RcOrigin& origin,
                       std::string_view file);

// The text without the block: the one that with_block() was given, where nothing else has changed.
// Throws as find_block().
std::string without_block(std::string_view text, std::string_view file);

}  // namespace rehome::shell
