#pragma once

#include "os/fs.hpp"
#include "support/temp_dir.hpp"
#include "tree/compare.hpp"
#include "tree/manifest.hpp"
#include "tree/mirror.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::support {

// What two trees differ in but for inodes, a line each; see support::difference.
std::string difference_of(const std::filesystem::path& one, const std::filesystem::path& other);

// A name as the calls of Fs want it.
os::Location at(const std::filesystem::path& path);

// Text in which every block is another.
std::string text_of_size(std::size_t bytes);

// Each throws std::system_error. Links are not followed.
void set_mtime(const std::filesystem::path& path, std::int64_t nanoseconds);
void set_mode(const std::filesystem::path& path, std::uint32_t mode);
void set_owner(const std::filesystem::path& path, std::uint32_t user, std::uint32_t group);
void set_attribute(const std::filesystem::path& path, const char* name, const std::string& value);
void set_acl(const std::filesystem::path& path, const char* which, std::uint32_t mode,
             const std::vector<std::string>& named);
std::string attribute(const std::filesystem::path& path, const char* name);
os::FileInfo info_of(const std::filesystem::path& path);

// Returns when what was changed until now is old enough to be known by its ctime.
void let_the_clock_tick();

// The exception's text; "" if nothing was thrown.
template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

// Keeps names and what they hold for the time of a test: `source` is mirrored to `destination`.
class Copying {
public:
    Copying();

    // With the destination below another directory.
    explicit Copying(const std::filesystem::path& other);

    // Mirrors with the Fs that was given last, else with the real one.
    tree::Mirrored mirror(const tree::MirrorOptions& options = {.workers = 2});

    [[nodiscard]] const tree::Manifest& manifest() const { return *manifest_; }

    // "changed a/b, extra c, missing d", sorted. Empty if there is none.
    [[nodiscard]] std::string compare(const std::filesystem::path& place, tree::Look look,
                                      const std::vector<std::string>& drops = {}) const;

    void use(os::Fs& fs) { fs_ = &fs; }

    [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }

private:
    TempDir directory_;
    os::Fs real_;
    os::Fs* fs_ = &real_;
    std::optional<tree::Manifest> manifest_;

public:
    const std::filesystem::path source;
    const std::filesystem::path destination;
    const std::filesystem::path manifest_file;
};

// A directory on the memory filesystem, empty, gone with the object.
class SharedMemoryDir {
public:
    // Nothing where there is none.
    static std::optional<SharedMemoryDir> make();
    SharedMemoryDir(SharedMemoryDir&& other) noexcept;
    SharedMemoryDir& operator=(SharedMemoryDir&&) = delete;
    SharedMemoryDir(const SharedMemoryDir&) = delete;
    SharedMemoryDir& operator=(const SharedMemoryDir&) = delete;
    ~SharedMemoryDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    explicit SharedMemoryDir(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
};

}  // namespace rehome::support
