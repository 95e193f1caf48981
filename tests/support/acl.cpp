#include "support/acl.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace rehome::support {
namespace {

// The kernel wants the entries sorted by tag, then by id.
enum Tag : std::uint16_t {
    owner = 0x01,
    user = 0x02,
    owning_group = 0x04,
    group = 0x08,
    mask = 0x10,
    other = 0x20,
};

constexpr std::uint32_t version = 2;
constexpr std::uint32_t no_id = 0xffffffff;
constexpr std::size_t header_size = 4;
constexpr std::size_t entry_size = 8;

struct Entry {
    std::uint16_t tag;
    std::uint16_t permissions;
    std::uint32_t id;

    auto operator<=>(const Entry&) const = default;
};

std::uint16_t permissions_of(std::string_view letters, const std::string& entry) {
    std::uint16_t result = 0;
    for (const char letter : letters) {
        switch (letter) {
            case 'r': result |= 4; break;
            case 'w': result |= 2; break;
            case 'x': result |= 1; break;
            default: throw std::runtime_error("not an ACL entry: " + base::in_quotes(entry));
        }
    }
    return result;
}

Entry parse(const std::string& text) {
    const std::size_t colon = text.find(':', 2);
    const bool is_named = text.starts_with("u:") || text.starts_with("g:");
    if (!is_named || colon == std::string::npos) {
        throw std::runtime_error("not an ACL entry: " + base::in_quotes(text));
    }
    Entry entry{.tag = text.front() == 'u' ? user : group,
                .permissions = permissions_of(std::string_view(text).substr(colon + 1), text),
                .id = 0};
    const char* end = text.data() + colon;
    const auto parsed = std::from_chars(text.data() + 2, end, entry.id);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
        throw std::runtime_error("not an ACL entry: " + base::in_quotes(text));
    }
    return entry;
}

void put(std::string& bytes, std::uint32_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        bytes += static_cast<char>(number >> (8 * i) & 0xff);
    }
}

std::uint32_t number_at(std::string_view bytes, std::size_t position, std::size_t size) {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < size; ++i) {
        result |= std::uint32_t{static_cast<unsigned char>(bytes[position + i])} << (8 * i);
    }
    return result;
}

std::string_view name_of(std::uint32_t tag) {
    switch (tag) {
        case owner:
        case user: return "u";
        case owning_group:
        case group: return "g";
        case mask: return "m";
        case other: return "o";
        default: return "?";
    }
}

}  // namespace

std::string encode_acl(std::uint32_t mode, const std::vector<std::string>& named) {
    const auto bits = [&](int shift) { return static_cast<std::uint16_t>(mode >> shift & 7); };
    std::vector<Entry> entries = {{owner, bits(6), no_id}, {owning_group, bits(3), no_id}};
    std::uint16_t limited = bits(3);
    for (const std::string& text : named) {
        entries.push_back(parse(text));
        limited |= entries.back().permissions;
    }
    entries.push_back({mask, limited, no_id});
    entries.push_back({other, bits(0), no_id});
    std::sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& another) {
        return one.tag != another.tag ? one.tag < another.tag : one.id < another.id;
    });

    std::string bytes;
    put(bytes, version, header_size);
    for (const Entry& entry : entries) {
        put(bytes, entry.tag, 2);
        put(bytes, entry.permissions, 2);
        put(bytes, entry.id, 4);
    }
    return bytes;
}

std::string acl_text(std::string_view bytes) {
    std::string text;
    for (std::size_t at = header_size; at + entry_size <= bytes.size(); at += entry_size) {
        const std::uint32_t permissions = number_at(bytes, at + 2, 2);
        const std::uint32_t id = number_at(bytes, at + 4, 4);
        text += fmt::format("{}{}:{}:{}{}{}",
                            text.empty() ? "" : ",",
                            name_of(number_at(bytes, at, 2)),
                            id == no_id ? "" : fmt::to_string(id),
                            (permissions & 4) != 0 ? 'r' : '-',
                            (permissions & 2) != 0 ? 'w' : '-',
                            (permissions & 1) != 0 ? 'x' : '-');
    }
    return text;
}

}  // namespace rehome::support
