#include "os/mounts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

namespace rehome::os {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) {
            parts.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

bool is_octal(char digit) {
    return digit >= '0' && digit <= '7';
}

// mountinfo writes space, tab, newline and backslash as \040 and so on.
std::string decode(std::string_view text) {
    std::string decoded;
    for (std::size_t index = 0; index < text.size(); ++index) {
        if (text[index] == '\\' && index + 3 < text.size() &&
            std::ranges::all_of(text.substr(index + 1, 3), is_octal)) {
            unsigned value = 0;
            std::from_chars(text.data() + index + 1, text.data() + index + 4, value, 8);
            decoded += static_cast<char>(value);
            index += 3;
        } else {
            decoded += text[index];
        }
    }
    return decoded;
}

}  // namespace

bool Mount::has_option(std::string_view option) const {
    return std::ranges::find(options, option) != options.end();
}

std::vector<std::string> Mount::option_values(std::string_view name) const {
    std::vector<std::string> values;
    for (const std::string& option : options) {
        if (option.size() > name.size() && option.starts_with(name) && option[name.size()] == '=') {
            values.push_back(option.substr(name.size() + 1));
        }
    }
    return values;
}

std::vector<Mount> parse_mounts(std::string_view text) {
    std::vector<Mount> mounts;
    for (const std::string& line : split(text, '\n')) {
        const std::vector<std::string> fields = split(line, ' ');
        const auto dash = std::ranges::find(fields, "-");
        if (fields.size() < 7 || fields.end() - dash < 3) {
            continue;
        }
        Mount mount;
        std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), mount.id);
        mount.device = fields[2];
        mount.root = decode(fields[3]);
        mount.point = decode(fields[4]);
        mount.type = dash[1];
        mount.options = split(fields[5], ',');
        if (fields.end() - dash > 3) {
            std::ranges::copy(split(dash[3], ','), std::back_inserter(mount.options));
        }
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

bool is_volatile(const Mount& mount) {
    return mount.type == "tmpfs" || mount.type == "ramfs" || mount.type == "rootfs" ||
           (mount.type == "overlay" && mount.has_option("volatile"));
}

bool lacks_exchange(const Mount& mount) {
    constexpr std::array types{"nfs", "nfs4", "9p", "cifs", "smb3", "fuseblk"};
    return std::ranges::find(types, mount.type) != types.end() || mount.type.starts_with("fuse.");
}

bool ignores_case(const Mount& mount) {
    constexpr std::array types{
        "vfat", "msdos", "exfat", "fuse.exfat", "hfs", "hfsplus", "cifs", "smb3"};
    return std::ranges::find(types, mount.type) != types.end() || mount.has_option("ignore_case") ||
           mount.has_option("nocase") || mount.has_option("caseinsensitive");
}

bool lacks_symlinks(const Mount& mount) {
    constexpr std::array types{"vfat", "msdos", "exfat", "fuse.exfat", "fuse.fusefat"};
    return std::ranges::find(types, mount.type) != types.end();
}

}  // namespace rehome::os
