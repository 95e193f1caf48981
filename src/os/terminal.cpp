#include "os/terminal.hpp"

#include "os/errno.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace rehome::os {

namespace {

int descriptor_of(Stream stream) {
    switch (stream) {
        case Stream::in: return STDIN_FILENO;
        case Stream::out: return STDOUT_FILENO;
        case Stream::error: break;
    }
    return STDERR_FILENO;
}

}  // namespace

bool is_terminal(Stream stream) {
    return ::isatty(descriptor_of(stream)) == 1;
}

std::optional<int> terminal_width() {
    for (const Stream stream : {Stream::out, Stream::error}) {
        winsize size{};
        if (::ioctl(descriptor_of(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            return size.ws_col;
        }
    }
    return std::nullopt;
}

void write(Stream stream, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor_of(stream), text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            if (const int code = errno; stream == Stream::out && code != EPIPE) {
                throw_errno(code, "write to", "standard output");
            }
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::optional<std::string> read_line() {
    std::string line;
    for (;;) {
        char byte = 0;
        const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
        if (got <= 0) {
            return std::nullopt;
        }
        if (byte == '\n') {
            return line;
        }
        line += byte;
    }
}

}  // namespace rehome::os
