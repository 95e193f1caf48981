#include "real/silent_server.hpp"

#include <fmt/core.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rehome::real {

// The kernel accepts for us: a connection waits in the queue of the listening socket.
SilentServer::SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0 || ::listen(socket_, 8) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
}

SilentServer::~SilentServer() {
    ::close(socket_);
}

std::string SilentServer::address() const {
    sockaddr_in address = {};
    socklen_t size = sizeof address;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "getsockname");
    }
    return fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
}

}  // namespace rehome::real
