#include "shell/rc_file.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "os/account.hpp"

#include <fmt/format.h>

namespace rehome::shell {

namespace {

namespace stdfs = std::filesystem;
using base::Error;
using base::in_quotes;
using base::Kind;

[[noreturn]] void refuse(const stdfs::path& path, std::string_view why, std::string help) {
    throw Error(Kind::refused,
                fmt::format("{} {}; nothing was changed", in_quotes(path.native()), why),
                std::move(help));
}

// Of a file that is not there: below the directories that are.
void resolve_missing(const os::ReadFs& fs, RcFile& file) {
    stdfs::path directory = file.path.parent_path();
    stdfs::path rest = file.path.filename();
    while (!fs.look_through(directory)) {
        if (fs.look(directory)) {
            refuse(directory, "is a link that leads to nothing", "remove or mend the link");
        }
        rest = directory.filename() / rest;
        directory = directory.parent_path();
        file.directories_missing += 1;
    }
    if (fs.look_through(directory)->type != os::FileType::directory) {
        refuse(directory, "is in the way: a directory has to be there", "rename it");
    }
    file.real = fs.real_path(directory) / rest;
}

// The nearest directory that is there.
stdfs::path directory_of(const RcFile& file) {
    stdfs::path directory = file.real.parent_path();
    for (std::size_t index = 0; index < file.directories_missing; ++index) {
        directory = directory.parent_path();
    }
    return directory;
}

bool is_open_to_others(const os::FileInfo& info, std::uint32_t user) {
    return (info.mode & 0002U) != 0 ||
           ((info.mode & 0020U) != 0 && !os::is_private_group(info.group, user));
}

void require_own_directories(const os::ReadFs& fs, const stdfs::path& path, std::uint32_t user) {
    for (stdfs::path directory = path;; directory = directory.parent_path()) {
        const os::FileInfo info = fs.look(fs.open(directory));
        if (info.user != user && info.user != 0) {
            refuse(directory,
                   fmt::format("belongs to user {}, but rehome runs as user {}: a start-up file "
                               "below it could be swapped",
                               info.user,
                               user),
                   "run it as that user, without sudo");
        }
        // A sticky bit keeps others from names that are there, not from new ones.
        const bool sticky = (info.mode & 01000U) != 0 && directory != path;
        if (is_open_to_others(info, user) && !sticky) {
            refuse(directory,
                   "is writable by others: a start-up file below it could be swapped",
                   fmt::format("run: chmod go-w {}", in_quotes(directory.native())));
        }
        if (directory == directory.root_path()) {
            return;
        }
    }
}

}  // namespace

RcFile read_rc_file(const os::ReadFs& fs, const RcPlace& place) {
    RcFile file{.shell = place.shell, .path = place.path};
    const std::optional<os::FileInfo> named = fs.look(place.path);
    if (!named) {
        resolve_missing(fs, file);
        return file;
    }
    if (!fs.look_through(place.path)) {
        refuse(place.path, "is a link that leads to nothing", "remove or mend the link");
    }
    file.real = fs.real_path(place.path);
    file.info = fs.look(file.real);
    if (!file.info || file.info->type != os::FileType::file) {
        refuse(file.path, "is not a regular file", "put a file in its place, or remove it");
    }
    file.text = fs.read(file.real).value_or("");
    if (fs.look(file.real) != file.info) {
        refuse(file.path, "changed while it was read", "run it again");
    }
    return file;
}

void require_changeable(const os::ReadFs& fs, const RcFile& file, std::uint32_t user) {
    const stdfs::path directory = directory_of(file);
    if (file.info) {
        if (file.info->user != user) {
            refuse(file.path,
                   fmt::format(
                       "belongs to user {}, but rehome runs as user {}", file.info->user, user),
                   "run it as that user, without sudo");
        }
        if (file.info->links > 1) {
            refuse(file.path,
                   fmt::format("has {} names (hard links), and a new file would be under one of "
                               "them alone",
                               file.info->links),
                   "put the lines of `rehome env install --dry-run` into it by hand");
        }
        if (file.info->mount_root) {
            refuse(file.path,
                   "is a mount point, and cannot be replaced",
                   "put the lines of `rehome env install --dry-run` into it by hand");
        }
        if (file.info->immutable) {
            refuse(file.path,
                   "is immutable (chattr +i or +a)",
                   fmt::format("run: chattr -i -a {}", in_quotes(file.real.native())));
        }
    }
    require_own_directories(fs, directory, user);
    if (!fs.may_write(directory)) {
        refuse(directory,
               "cannot be written to: its mode or a read-only filesystem forbids it",
               "check its mode and mount; or put the lines of `rehome env install --dry-run` where "
               "your start-up files are made");
    }
}

stdfs::path staging_of(const RcFile& file) {
    return file.real.native() + ".rehome-new";
}

stdfs::path copy_of(const RcFile& file) {
    return file.real.native() + ".rehome-copy";
}

stdfs::path aside_of(const RcFile& file) {
    return file.real.native() + ".rehome-aside";
}

stdfs::path backup_of(const RcFile& file) {
    return file.real.native() + ".rehome-backup";
}

}  // namespace rehome::shell
