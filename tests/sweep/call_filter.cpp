#include "sweep/call_filter.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rehome::sweep {
namespace {

static_assert(std::endian::native == std::endian::little, "the low half of an argument is first");

struct Named {
    int number;
    std::string_view name;
};

// The old calls of each are still what some libraries make; new machines do not have them.
constexpr std::array always = {
#ifdef SYS_rename
    Named{SYS_rename, "rename"},
    Named{SYS_unlink, "unlink"},
    Named{SYS_rmdir, "rmdir"},
    Named{SYS_mkdir, "mkdir"},
    Named{SYS_symlink, "symlink"},
    Named{SYS_link, "link"},
    Named{SYS_chmod, "chmod"},
    Named{SYS_chown, "chown"},
    Named{SYS_lchown, "lchown"},
    Named{SYS_creat, "creat"},
    Named{SYS_mknod, "mknod"},
    Named{SYS_utimes, "utimes"},
#endif
    Named{SYS_renameat2, "renameat2"},
    Named{SYS_renameat, "renameat"},
    Named{SYS_unlinkat, "unlinkat"},
    Named{SYS_mkdirat, "mkdirat"},
    Named{SYS_symlinkat, "symlinkat"},
    Named{SYS_linkat, "linkat"},
    Named{SYS_mknodat, "mknodat"},
    Named{SYS_fchmod, "fchmod"},
    Named{SYS_fchmodat, "fchmodat"},
    Named{SYS_fchown, "fchown"},
    Named{SYS_fchownat, "fchownat"},
    Named{SYS_utimensat, "utimensat"},
    Named{SYS_setxattr, "setxattr"},
    Named{SYS_lsetxattr, "lsetxattr"},
    Named{SYS_fsetxattr, "fsetxattr"},
    Named{SYS_removexattr, "removexattr"},
    Named{SYS_lremovexattr, "lremovexattr"},
    Named{SYS_fremovexattr, "fremovexattr"},
    Named{SYS_truncate, "truncate"},
    Named{SYS_ftruncate, "ftruncate"},
    Named{SYS_fallocate, "fallocate"},
    Named{SYS_pwrite64, "pwrite64"},
    Named{SYS_writev, "writev"},
    Named{SYS_pwritev, "pwritev"},
    Named{SYS_pwritev2, "pwritev2"},
    Named{SYS_copy_file_range, "copy_file_range"},
    Named{SYS_sendfile, "sendfile"},
    Named{SYS_splice, "splice"},
    Named{SYS_fsync, "fsync"},
    Named{SYS_fdatasync, "fdatasync"},
    Named{SYS_syncfs, "syncfs"},
    Named{SYS_sync, "sync"},
    Named{SYS_sync_file_range, "sync_file_range"},
    Named{SYS_openat2, "openat2"},
};

// One argument decides.
struct Sometimes {
    Named call;
    unsigned argument;
    std::uint16_t test;
    std::uint32_t value;
};

constexpr std::array sometimes = {
#ifdef SYS_open
    Sometimes{{SYS_open, "open"}, 1, BPF_JSET, O_CREAT | O_TRUNC},
#endif
    Sometimes{{SYS_openat, "openat"}, 2, BPF_JSET, O_CREAT | O_TRUNC},
    Sometimes{{SYS_write, "write"}, 0, BPF_JGT, STDERR_FILENO},
    Sometimes{{SYS_ioctl, "ioctl FICLONE"}, 1, BPF_JEQ, FICLONE},
    Sometimes{{SYS_ioctl, "ioctl FICLONERANGE"}, 1, BPF_JEQ, FICLONERANGE},
    Sometimes{{SYS_ioctl, "ioctl SETFLAGS"}, 1, BPF_JEQ, FS_IOC_SETFLAGS},
};

sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter skip_unless(std::uint16_t test, std::uint32_t value, std::uint8_t instructions) {
    return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, 0, instructions);
}

sock_filter answer(std::uint32_t action) {
    return BPF_STMT(BPF_RET | BPF_K, action);
}

}  // namespace

std::vector<sock_filter> changing_calls() {
    const sock_filter load_number = load(offsetof(seccomp_data, nr));
    std::vector<sock_filter> program = {load_number};
    for (const Named& call : always) {
        program.push_back(skip_unless(BPF_JEQ, static_cast<std::uint32_t>(call.number), 1));
        program.push_back(answer(SECCOMP_RET_USER_NOTIF));
    }
    for (const Sometimes& one : sometimes) {
        const std::size_t argument =
            offsetof(seccomp_data, args) + one.argument * sizeof(std::uint64_t);
        program.push_back(skip_unless(BPF_JEQ, static_cast<std::uint32_t>(one.call.number), 4));
        program.push_back(load(argument));
        program.push_back(skip_unless(one.test, one.value, 1));
        program.push_back(answer(SECCOMP_RET_USER_NOTIF));
        program.push_back(load_number);
    }
    program.push_back(answer(SECCOMP_RET_ALLOW));
    return program;
}

std::string_view call_name(int number) {
    for (const Named& call : always) {
        if (call.number == number) {
            return call.name;
        }
    }
    for (const Sometimes& one : sometimes) {
        if (one.call.number == number) {
            return one.call.name;
        }
    }
    return "?";
}

}  // namespace rehome::sweep
