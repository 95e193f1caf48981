#include "os/lease.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rehome::os {

std::optional<Lease> Lease::take(const std::filesystem::path& path, Refusal& refusal) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        refusal = errno == EWOULDBLOCK ? Refusal::in_use : Refusal::unsupported;
        return std::nullopt;
    }
    Lease lease(descriptor);
    // The default signal, that somebody waits for the lease, would end us; this one is ignored.
    if (::fcntl(descriptor, F_SETSIG, SIGURG) != 0 ||
        ::fcntl(descriptor, F_SETLEASE, F_WRLCK) != 0) {
        refusal = errno == EAGAIN ? Refusal::in_use : Refusal::unsupported;
        return std::nullopt;
    }
    refusal = Refusal::none;
    return lease;
}

Lease::Lease(Lease&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Lease::~Lease() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

}  // namespace rehome::os
