#pragma once

#include "support/command.hpp"
#include "support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace rehome::support {

// A user that is neither root nor the one of the machine, for programs that run as somebody else.
class OtherUser {
public:
    static constexpr std::uint32_t id = 54321;

    // Nothing where the tests may not become another user; then it has printed SKIPPED and why.
    static std::unique_ptr<OtherUser> or_skip();

    // The same command, run by this user without any privilege.
    [[nodiscard]] Command as(Command command) const;

    // From now on this thread has the user's rights on the disk and no others. No way back.
    static void become_on_disk();

    // Makes all that is there, the root included, belong to the user. Links are not followed.
    void give(const std::filesystem::path& root) const;

private:
    explicit OtherUser(std::filesystem::path setpriv) : setpriv_(std::move(setpriv)) {}

    std::filesystem::path setpriv_;
};

// Below a directory that every user may enter, as a program is installed; gone with the object.
class InstalledRehome {
public:
    // With these permissions; set-id bits among them.
    explicit InstalledRehome(std::filesystem::perms mode = std::filesystem::perms(0755));

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    // The command of another rehome, for this one.
    [[nodiscard]] Command does(Command command) const;

private:
    TempDir directory_;
    std::filesystem::path path_;
};

}  // namespace rehome::support
