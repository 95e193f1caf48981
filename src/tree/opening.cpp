#include "tree/opening.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace rehome::tree {

namespace {

constexpr std::size_t longest = 3000;  // of what is given to one call, well below PATH_MAX

base::Error moved_away(const std::filesystem::path& path) {
    return {
        base::Kind::io,
        fmt::format("{} was moved or removed while it was in use", base::in_quotes(path.native()))};
}

// Opens all of the path but what is left of it when it is short enough for one call.
os::Directory open_part(const os::ReadFs& fs, os::Directory directory, std::string& path) {
    while (path.size() > longest) {
        const std::size_t end = path.rfind('/', longest);
        base::require(end != std::string::npos, "a path consists of names");
        std::optional<os::Directory> next = fs.open_inside(directory, path.substr(0, end));
        if (!next) {
            throw moved_away(directory / path.substr(0, end));
        }
        directory = *std::move(next);
        path.erase(0, end + 1);
    }
    return directory;
}

}  // namespace

std::optional<os::Directory> open_if_directory(const os::ReadFs& fs, const os::Location& at) {
    try {
        return fs.open_inside(at.directory, at.name);
    } catch (const base::Error& error) {
        if (error.code() == ENOTDIR || error.code() == ELOOP) {
            return std::nullopt;
        }
        throw;
    }
}

os::Directory open_below(const os::ReadFs& fs, const os::Directory& top, const std::string& path,
                         const os::FileInfo& known) {
    const os::Location at = place_below(fs, top, path);
    std::optional<os::Directory> opened = open_if_directory(fs, at);
    if (!opened) {
        throw moved_away(at.path());
    }
    const os::FileInfo info = fs.look(*opened);
    if (info.device != known.device || info.inode != known.inode) {
        throw moved_away(at.path());
    }
    return *std::move(opened);
}

os::Location place_below(const os::ReadFs& fs, const os::Directory& top, const std::string& path) {
    std::string rest = path;
    os::Directory directory = open_part(fs, top, rest);
    const std::size_t end = rest.rfind('/');
    if (end != std::string::npos) {
        std::optional<os::Directory> last = fs.open_inside(directory, rest.substr(0, end));
        if (!last) {
            throw moved_away(directory / rest.substr(0, end));
        }
        directory = *std::move(last);
        rest.erase(0, end + 1);
    }
    return {std::move(directory), std::move(rest)};
}

}  // namespace rehome::tree
