#pragma once

#include <string>

namespace rehome::real {

// Takes connections on 127.0.0.1 and never says a word, so that who asks it for a file stays at
// work; at its end they are cut off.
class SilentServer {
public:
    SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    ~SilentServer();

    // "http://127.0.0.1:43210"
    [[nodiscard]] std::string address() const;

private:
    int socket_;
};

}  // namespace rehome::real
