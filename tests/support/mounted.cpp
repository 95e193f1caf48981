#include "support/mounted.hpp"

#include "support/command.hpp"
#include "support/loop_device.hpp"
#include "support/sparse_copy.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;

// FS_IOC_SHUTDOWN, which ext4 and xfs have under names of their own.
constexpr unsigned long shut_down = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t with_log = 1;
constexpr std::uint32_t without_log = 2;

constexpr std::chrono::minutes until_it_is_unused{1};
constexpr std::chrono::milliseconds between_attempts{1};

// Once a thread: each further namespace would only be a copy of the first.
void leave_mounts_of_machine() {
    static thread_local bool has_left = false;
    if (has_left) {
        return;
    }
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        throw CannotMount(
            fmt::format("no mounts of its own for a process: {}", std::strerror(errno)));
    }
    has_left = true;
}

std::string name_of(Filesystem filesystem) {
    switch (filesystem) {
        case Filesystem::tmpfs: return "tmpfs";
        case Filesystem::ext4: return "ext4";
        case Filesystem::xfs: return "xfs";
        case Filesystem::btrfs: return "btrfs";
        case Filesystem::overlay: return "overlay";
        case Filesystem::bind: break;
    }
    return "bind";
}

bool has_image(Filesystem filesystem) {
    return filesystem == Filesystem::ext4 || filesystem == Filesystem::xfs ||
           filesystem == Filesystem::btrfs;
}

// The PATH of many users has no sbin.
fs::path system_program(const std::string& name) {
    if (const auto found = which(name)) {
        return *found;
    }
    for (const char* directory : {"/usr/sbin", "/sbin"}) {
        if (fs::exists(fs::path(directory) / name)) {
            return fs::path(directory) / name;
        }
    }
    throw CannotMount(fmt::format("no {} on this machine", name));
}

void succeed(const std::string& program, std::vector<std::string> arguments) {
    const CommandResult result =
        run({.program = system_program(program), .arguments = std::move(arguments)});
    if (result.exit_code != 0) {
        throw CannotMount(fmt::format(
            "{} failed: {}", program, result.err.substr(0, result.err.find_last_not_of('\n') + 1)));
    }
}

void make_image(Filesystem filesystem, const fs::path& image, const MountOptions& options) {
    std::ofstream(image).close();
    fs::resize_file(image, options.megabytes << 20U);
    std::vector<std::string> arguments = options.format;
    arguments.insert(arguments.end(), {"-q", image.string()});
    succeed("mkfs." + name_of(filesystem), arguments);
}

void call_mount(const char* what, const fs::path& where, const char* type, unsigned long flags,
                const std::string& options) {
    if (::mount(what, where.c_str(), type, flags, options.c_str()) != 0) {
        throw CannotMount(fmt::format("mount of {}: {}", what, std::strerror(errno)));
    }
}

[[noreturn]] void give_up(const std::string& what, int code) {
    throw CannotMount(fmt::format("{}: {}", what, std::strerror(code)));
}

TempDir directory_in(const fs::path& parent) {
    if (parent.empty()) {
        return TempDir();
    }
    return TempDir(parent);
}

std::string joined(const std::string& options, const std::string& more) {
    return more.empty() ? options : options + "," + more;
}

}  // namespace

Mounted::Mounted(Filesystem filesystem, MountOptions options)
    : filesystem_(filesystem), options_(std::move(options)), own_(directory_in(options_.keep_in)),
      path_(options_.directory.empty() ? own_ / "mounted" : options_.directory) {
    leave_mounts_of_machine();
    if (options_.directory.empty()) {
        fs::create_directory(path_);
    }
    if (has_image(filesystem_)) {
        make_image(filesystem_, image(), options_);
    } else if (filesystem_ == Filesystem::overlay) {
        fs::create_directory(own_ / "upper");
        fs::create_directory(own_ / "work");
    }
    mount();
}

Mounted::~Mounted() {
    unmount();
}

void Mounted::mount() {
    if (has_image(filesystem_)) {
        try {
            const LoopDevice device(image());
            call_mount(
                device.path().c_str(), path_, name_of(filesystem_).c_str(), 0, options_.options);
        } catch (const std::system_error& error) {
            throw CannotMount(error.what());
        }
    } else if (filesystem_ == Filesystem::tmpfs) {
        call_mount("tmpfs", path_, "tmpfs", 0, joined("mode=0755", options_.options));
    } else if (filesystem_ == Filesystem::bind) {
        call_mount(options_.source.c_str(), path_, nullptr, MS_BIND, {});
    } else {
        const std::string layers = fmt::format("lowerdir={},upperdir={},workdir={}",
                                               options_.source.string(),
                                               (own_ / "upper").string(),
                                               (own_ / "work").string());
        call_mount("overlay", path_, "overlay", 0, joined(layers, options_.options));
    }
    is_mounted_ = true;
}

void Mounted::unmount() {
    if (is_mounted_ && ::umount2(path_.c_str(), UMOUNT_NOFOLLOW) != 0) {
        ::umount2(path_.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH);
    }
    is_mounted_ = false;
}

void Mounted::cut_power(Outage outage) {
    if (filesystem_ == Filesystem::btrfs) {
        try {
            copy_sparse(image(), image_of_outage());
        } catch (const std::system_error& error) {
            throw CannotMount(error.what());
        }
        return;
    }
    const int root = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        give_up("open " + path_.string(), errno);
    }
    std::uint32_t how = outage == Outage::log_lost ? without_log : with_log;
    const int answer = ::ioctl(root, shut_down, &how);
    const int code = errno;
    ::close(root);
    if (answer != 0) {
        give_up("shut down " + path_.string(), code);
    }
}

void Mounted::boot() {
    const auto end = std::chrono::steady_clock::now() + until_it_is_unused;
    while (::umount2(path_.c_str(), UMOUNT_NOFOLLOW) != 0) {
        const int code = errno;
        if (code != EBUSY || std::chrono::steady_clock::now() > end) {
            give_up("unmount " + path_.string(), code);
        }
        std::this_thread::sleep_for(between_attempts);
    }
    is_mounted_ = false;
    if (filesystem_ == Filesystem::btrfs) {
        fs::rename(image_of_outage(), image());
    }
    mount();
}

std::unique_ptr<Mounted> mount_or_skip(Filesystem filesystem, MountOptions options) {
    try {
        return std::make_unique<Mounted>(filesystem, std::move(options));
    } catch (const CannotMount& reason) {
        fmt::print("SKIPPED: cannot mount {}: {}\n", name_of(filesystem), reason.what());
        return nullptr;
    }
}

}  // namespace rehome::support
