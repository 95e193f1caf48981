#include "support/other_user.hpp"

#include <fmt/format.h>

#include <sys/fsuid.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

void give_one(const fs::path& path) {
    if (::lchown(path.c_str(), OtherUser::id, OtherUser::id) != 0) {
        throw std::system_error(errno, std::generic_category(), "chown " + path.string());
    }
}

}  // namespace

std::unique_ptr<OtherUser> OtherUser::or_skip() {
    const std::optional<fs::path> setpriv = which("setpriv");
    std::string reason = setpriv ? "" : "no setpriv on this machine";
    if (::geteuid() != 0) {
        reason = "only root may become another user";
    }
    if (reason.empty()) {
        auto user = std::unique_ptr<OtherUser>(new OtherUser(*setpriv));
        const InstalledRehome rehome;
        const CommandResult tried =
            run(user->as({.program = rehome.path(), .arguments = {"--version"}}));
        if (tried.exit_code == 0) {
            return user;
        }
        reason = "another user cannot run a program there: " + tried.err;
    }
    fmt::print("SKIPPED: {}\n", reason);
    return nullptr;
}

Command OtherUser::as(Command command) const {
    const std::string number = std::to_string(id);
    std::vector<std::string> arguments{
        "--reuid=" + number, "--regid=" + number, "--clear-groups", "--", command.program.string()};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    command.program = setpriv_;
    command.arguments = std::move(arguments);
    return command;
}

void OtherUser::become_on_disk() {
    // The kernel knows users by thread; the calls of libc that set all ids set them of all threads.
    ::setfsgid(id);
    ::setfsuid(id);
}

void OtherUser::give(const fs::path& root) const {
    give_one(root);
    if (!fs::is_directory(fs::symlink_status(root))) {
        return;
    }
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
        give_one(entry.path());
    }
}

InstalledRehome::InstalledRehome(fs::perms mode) : path_(directory_ / "rehome") {
    fs::permissions(directory_.path(), fs::perms(0755));
    fs::copy_file(rehome_binary(), path_);
    fs::permissions(path_, mode);
}

Command InstalledRehome::does(Command command) const {
    command.program = path_;
    return command;
}

}  // namespace rehome::support
