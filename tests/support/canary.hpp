#pragma once

#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>

namespace rehome::support {

// A directory that nobody has any business with: links lead there, and whoever follows one is
// noticed, by the kernel's own report (inotify) of each file or directory there that is opened,
// read, written, renamed or given other attributes.
class Canary {
public:
    // What its files hold.
    static constexpr const char* text = "the canary's song";

    // Below this directory, or where temporary directories are. Everybody may enter it.
    Canary();
    explicit Canary(const std::filesystem::path& parent);
    Canary(const Canary&) = delete;
    Canary& operator=(const Canary&) = delete;
    ~Canary();

    // Holds a file `file` and a directory `inside` with a file.
    [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

    // Empty if nothing has happened there since the last time, else what. A look at a name's
    // attributes (stat) is nothing.
    [[nodiscard]] std::string touched();

private:
    void fill();
    [[nodiscard]] std::string reported();

    TempDir directory_;
    int watch_ = -1;
    Snapshot before_;
};

}  // namespace rehome::support
