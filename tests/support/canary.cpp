#include "support/canary.hpp"

#include "support/files.hpp"

#include <fmt/format.h>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace rehome::support {

namespace fs = std::filesystem;

Canary::Canary() {
    fill();
}

Canary::Canary(const fs::path& parent) : directory_(parent) {
    fill();
}

Canary::~Canary() {
    ::close(watch_);
}

void Canary::fill() {
    write_file(path() / "file", text);
    write_file(path() / "inside/file", text);
    fs::permissions(path(), fs::perms(0755));
    before_ = take_snapshot(path());
    watch_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (const fs::path& one : {path(), path() / "inside"}) {
        // A close may come late, from a child that was forked meanwhile.
        if (::inotify_add_watch(watch_, one.c_str(), IN_ALL_EVENTS & ~IN_CLOSE) < 0) {
            throw std::system_error(errno, std::generic_category(), "inotify_add_watch");
        }
    }
}

std::string Canary::reported() {
    std::string lines;
    alignas(inotify_event) std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(watch_, buffer.data(), buffer.size())) > 0;) {
        for (ssize_t at = 0; at < got;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = event.len != 0 ? buffer.data() + at + sizeof event : ".";
            lines += fmt::format("'{}': event {:#x}\n", name, event.mask);
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
    return lines;
}

std::string Canary::touched() {
    std::string lines = reported();
    lines += difference(before_, take_snapshot(path()));
    (void)reported();  // of our own look
    return lines;
}

}  // namespace rehome::support
