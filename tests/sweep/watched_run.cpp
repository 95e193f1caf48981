// By seccomp's user notification (Linux 5.5): a call that the filter hands over waits in the kernel
// until we answer. Unlike `strace -e inject`, which counts per thread, it sees the calls of all
// threads in one order, so that a number names one call; unlike ptrace it is the same on every
// processor, and nobody has to be allowed to trace.
#include "sweep/watched_run.hpp"

#include "sweep/call_filter.hpp"
#include "sweep/launch.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <system_error>

namespace rehome::sweep {
namespace {

std::string content(const Descriptor& file) {
    std::string text(static_cast<std::size_t>(
                         checked(static_cast<int>(::lseek(file.number(), 0, SEEK_END)), "lseek")),
                     '\0');
    const ssize_t got = ::pread(file.number(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_write(std::string_view name) {
    return is_one_of(name, {"write", "pwrite64"});
}

class Watch {
public:
    Watch(pid_t process, int listener, const Strike& strike, Syncs syncs, WatchedRun& run)
        : process_(process), listener_(listener), strike_(strike), syncs_(syncs), run_(run) {}

    // Throws what a function of the strike has thrown.
    void rethrow() const {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

    // Returns when the process and all that it started have ended.
    void until_the_end(std::chrono::milliseconds limit) {
        while (true) {
            pollfd polled = {listener_, POLLIN, 0};
            const int ready = ::poll(&polled, 1, static_cast<int>(limit.count()));
            if (ready < 0 && errno == EINTR) {
                continue;
            }
            if (ready <= 0) {
                run_.ended.timed_out = true;
                ::killpg(process_, SIGKILL);
                return;
            }
            if ((polled.revents & POLLIN) != 0) {
                take_one();
            } else {
                return;
            }
        }
    }

private:
    // Larger than this kernel's structures may ever grow; zeroed, as the kernel wants it.
    template <class T>
    union Room {
        T value;
        std::array<std::byte, 512> bytes;
    };

    void take_one() {
        Room<seccomp_notif> asked;
        asked.bytes.fill(std::byte{0});
        if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            return;  // its thread has died in the meantime
        }
        if (is_killed_) {
            return;
        }
        Room<seccomp_notif_resp> given;
        given.bytes.fill(std::byte{0});
        given.value.id = asked.value.id;
        decide(asked.value, given.value);
        if (!is_killed_) {
            ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &given);
        }
    }

    void decide(const seccomp_notif& asked, seccomp_notif_resp& given) {
        const std::string_view name = call_name(asked.data.nr);
        if (name == "openat2" && !creates(asked)) {
            given.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            return;
        }
        run_.calls.push_back(name);
        if (strike_.before_each) {
            guard([&] { strike_.before_each(run_.calls.size()); });
        }
        if (strikes(name) && strike(name, asked, given)) {
            run_.has_struck = true;
        } else if (is_sync(name)) {
            make_sync(name, asked, given);
        } else {
            given.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        }
    }

    // In the place of the thread: a call that goes on by itself is done at no known time.
    void make_sync(std::string_view name, const seccomp_notif& asked,
                   seccomp_notif_resp& given) const {
        if (syncs_ == Syncs::skipped) {
            return;
        }
        const Descriptor file = file_of(asked);
        const int answer = name == "fsync"       ? ::fsync(file.number())
                           : name == "fdatasync" ? ::fdatasync(file.number())
                           : name == "syncfs"    ? ::syncfs(file.number())
                                                 : (errno = ENOSYS, -1);
        given.error = answer == 0 ? 0 : -errno;
    }

    // The one that a call names first.
    Descriptor file_of(const seccomp_notif& asked) const {
        const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
        return Descriptor(static_cast<int>(
            ::syscall(SYS_pidfd_getfd, process.number(), static_cast<int>(asked.data.args[0]), 0)));
    }

    void guard(const std::function<void()>& function) {
        try {
            function();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    // The flags of openat2 are in memory, where no filter sees them.
    bool creates(const seccomp_notif& asked) const {
        std::uint64_t flags = 0;
        iovec local = {.iov_base = &flags, .iov_len = sizeof(flags)};
        iovec remote = {.iov_base = reinterpret_cast<void*>(asked.data.args[2]),
                        .iov_len = sizeof(flags)};
        return ::process_vm_readv(process_, &local, 1, &remote, 1, 0) < 0 ||
               (flags & (O_CREAT | O_TRUNC)) != 0;
    }

    bool strikes(std::string_view name) const {
        const std::size_t number = run_.calls.size();
        switch (strike_.what) {
            case Strike::What::nothing: return false;
            case Strike::What::kill:
            case Strike::What::outage_before:
            case Strike::What::outage_after:
            case Strike::What::error: return number == strike_.call;
            case Strike::What::error_since:
                return number >= strike_.call && (!is_of_space(strike_.code) || needs_space(name));
            case Strike::What::cut:
                return number >= strike_.call && is_write(name) &&
                       (!run_.has_struck || (strike_.code != 0 && !has_failed_));
        }
        return false;
    }

    bool strike(std::string_view name, const seccomp_notif& asked, seccomp_notif_resp& given) {
        switch (strike_.what) {
            case Strike::What::nothing: return false;
            case Strike::What::kill:
                is_killed_ = true;
                ::kill(process_, SIGKILL);
                return true;
            case Strike::What::outage_after:
                if (is_sync(name)) {
                    make_sync(name, asked, given);
                }
                [[fallthrough]];
            case Strike::What::outage_before:
                guard(strike_.outage);
                is_killed_ = true;
                ::kill(process_, SIGKILL);
                return true;
            case Strike::What::error:
            case Strike::What::error_since: given.error = -strike_.code; return true;
            case Strike::What::cut: break;
        }
        if (run_.has_struck) {
            has_failed_ = true;
            given.error = -strike_.code;
            return true;
        }
        return write_half(name, asked, given);
    }

    // In the place of the thread, which then takes our answer for the system's.
    bool write_half(std::string_view name, const seccomp_notif& asked, seccomp_notif_resp& given) {
        const auto& arguments = asked.data.args;
        std::vector<char> bytes(arguments[2] / 2);
        iovec local = {.iov_base = bytes.data(), .iov_len = bytes.size()};
        iovec remote = {.iov_base = reinterpret_cast<void*>(arguments[1]), .iov_len = bytes.size()};
        if (bytes.empty() || ::process_vm_readv(process_, &local, 1, &remote, 1, 0) < 0) {
            return false;
        }
        const Descriptor file = file_of(asked);
        const ssize_t written =
            name == "write"
                ? ::write(file.number(), bytes.data(), bytes.size())
                : ::pwrite(
                      file.number(), bytes.data(), bytes.size(), static_cast<off_t>(arguments[3]));
        given.val = written;
        return written > 0;
    }

    pid_t process_;
    int listener_;
    const Strike& strike_;
    Syncs syncs_;
    WatchedRun& run_;
    bool is_killed_ = false;
    bool has_failed_ = false;
    std::exception_ptr failure_;
};

}  // namespace

std::string WatchedRun::call_text(std::size_t call) const {
    return fmt::format(
        "call {}, {}", call, call >= 1 && call <= calls.size() ? calls[call - 1] : "none");
}

bool is_sync(std::string_view name) {
    return is_one_of(name, {"fsync", "fdatasync", "syncfs", "sync", "sync_file_range"});
}

bool needs_space(std::string_view name) {
    return is_write(name) || is_one_of(name,
                                       {"openat",
                                        "mkdirat",
                                        "symlinkat",
                                        "linkat",
                                        "fallocate",
                                        "fsetxattr",
                                        "lsetxattr",
                                        "ioctl FICLONE",
                                        "copy_file_range"});
}

bool is_of_space(int code) {
    return code == ENOSPC || code == EDQUOT;
}

std::string why_unwatchable() {
    const Descriptor nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const int number = nowhere.number();
    const Launched child =
        launch({.program = "/bin/true"}, {.in = number, .out = number, .err = number});
    const Descriptor listener(std::max(child.listener, -1));
    ::waitpid(child.process, nullptr, 0);
    return child.listener >= 0 ? "" : std::strerror(-child.listener);
}

WatchedRun run_watched(const support::Command& command, const Strike& strike, Syncs syncs) {
    const Descriptor in(checked(::open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null"));
    const Descriptor out(checked(::memfd_create("out", MFD_CLOEXEC), "memfd_create"));
    const Descriptor err(checked(::memfd_create("err", MFD_CLOEXEC), "memfd_create"));
    WatchedRun run;
    const Launched child =
        launch(command, {.in = in.number(), .out = out.number(), .err = err.number()});
    const Descriptor listener(std::max(child.listener, -1));
    Watch watch(child.process, child.listener, strike, syncs, run);
    if (child.listener >= 0) {
        watch.until_the_end(command.time_limit);
    }
    int status = 0;
    while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    if (child.listener < 0) {
        throw std::system_error(-child.listener, std::generic_category(), "watch a process");
    }
    watch.rethrow();
    run.ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    run.ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    run.ended.out = content(out);
    run.ended.err = content(err);
    return run;
}

}  // namespace rehome::sweep
