#include "sweep/launch.hpp"

#include "sweep/call_filter.hpp"

#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace rehome::sweep {
namespace {

std::shared_mutex launching;

// What the child needs between fork and exec, where nothing may allocate: another thread may have
// held the lock of the heap.
struct Start {
    const char* program;
    char* const* arguments;
    char* const* variables;
    const char* directory;
    Streams streams;
    int to_parent;
    sock_fprog filter;
};

// Sends a descriptor, or the code of what went wrong.
void send(int socket, int descriptor, int code) {
    iovec data = {.iov_base = &code, .iov_len = sizeof(code)};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space = {};
    msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = space.data();
        message.msg_controllen = space.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    ::sendmsg(socket, &message, 0);
}

[[noreturn]] void become(const Start& start) {
    ::setpgid(0, 0);
    ::dup2(start.streams.in, STDIN_FILENO);
    ::dup2(start.streams.out, STDOUT_FILENO);
    ::dup2(start.streams.err, STDERR_FILENO);
    if (::chdir(start.directory) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        const long listener = ::syscall(
            SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &start.filter);
        if (listener >= 0) {
            // What the standard library has opened has no such flag.
            ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
            send(start.to_parent, static_cast<int>(listener), 0);
            ::execve(start.program, start.arguments, start.variables);
            ::_exit(127);
        }
    }
    send(start.to_parent, -1, errno);
    ::_exit(127);
}

// The listener, or the negative code of what went wrong.
int receive(int socket) {
    int code = ECHILD;
    iovec data = {.iov_base = &code, .iov_len = sizeof(code)};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space = {};
    msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) {
        return -ECHILD;
    }
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) {
        return -code;
    }
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
    return descriptor;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

}  // namespace

void Descriptor::close() {
    if (number_ >= 0) {
        ::close(std::exchange(number_, -1));
    }
}

int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

std::shared_lock<std::shared_mutex> hold_launches() {
    return std::shared_lock(launching);
}

Launched launch(const support::Command& command, const Streams& streams) {
    std::vector<sock_filter> filter = changing_calls();
    std::vector<std::string> arguments = command.arguments;
    arguments.insert(arguments.begin(), command.program.string());
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.variables) {
        variables.push_back(name + "=" + value);
    }
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(variables);
    std::array<int, 2> ends = {};
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    const Descriptor ours(ends[0]);
    Descriptor theirs(ends[1]);
    const Start child{
        .program = command.program.c_str(),
        .arguments = argv.data(),
        .variables = envp.data(),
        .directory = command.working_directory.c_str(),
        .streams = streams,
        .to_parent = theirs.number(),
        .filter = {.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()}};
    const std::unique_lock lock(launching);
    const pid_t process = checked(::fork(), "fork");
    if (process == 0) {
        become(child);
    }
    theirs.close();
    const Launched launched{process, receive(ours.number())};
    char nothing = 0;  // the other end is closed when the child is the program
    while (::recv(ours.number(), &nothing, 1, 0) < 0 && errno == EINTR) {
    }
    return launched;
}

}  // namespace rehome::sweep
