#include "layout/path_text.hpp"

#include <algorithm>
#include <cctype>

namespace rehome::layout {

namespace {

bool is_separator(os::Platform platform, char byte) {
    return byte == '/' || (platform == os::Platform::windows && byte == '\\');
}

char separator(os::Platform platform) {
    return platform == os::Platform::windows ? '\\' : '/';
}

}  // namespace

bool is_absolute(os::Platform platform, std::string_view path) {
    if (platform != os::Platform::windows) {
        return path.starts_with('/');
    }
    const bool has_drive = path.size() >= 3 && path[1] == ':' &&
                           std::isalpha(static_cast<unsigned char>(path[0])) != 0 &&
                           is_separator(platform, path[2]);
    return has_drive || path.starts_with("\\\\");
}

std::string join(os::Platform platform, std::string_view directory, std::string_view name) {
    std::string path(directory);
    if (path.empty() || !is_separator(platform, path.back())) {
        path += separator(platform);
    }
    return path.append(name);
}

std::string tidy(os::Platform platform, std::string_view text) {
    std::string path(text);
    std::ranges::replace_if(
        path, [&](char byte) { return is_separator(platform, byte); }, separator(platform));
    // "\\server" and "C:\" keep their beginning.
    const std::size_t root = platform != os::Platform::windows ? 1
                             : path.starts_with("\\\\")        ? 2
                                                               : 3;
    std::string tidied;
    for (std::size_t begin = 0; begin < path.size();) {
        std::size_t end = begin;
        while (end < path.size() && !is_separator(platform, path[end])) {
            ++end;
        }
        const std::string_view part = std::string_view(path).substr(begin, end - begin);
        if (tidied.size() < root && begin < root) {
            tidied.append(path, begin, end + 1 - begin);
        } else if (!part.empty() && part != ".") {
            tidied.append(part);
            tidied += separator(platform);
        }
        begin = end + 1;
    }
    while (tidied.size() > root && is_separator(platform, tidied.back())) {
        tidied.pop_back();
    }
    return tidied;
}

}  // namespace rehome::layout
