#pragma once

#include "real/rust_home.hpp"
#include "support/command.hpp"

#include <filesystem>
#include <string>

namespace rehome::real {

// The registry served as a sparse one on 127.0.0.1; cargo of `rust` takes the default registry from
// it, and it is also the registry 'brookside', where one can log in. It ends with the object.
class RegistryServer {
public:
    explicit RegistryServer(const RustHome& rust);

    // A line for each request until now: "GET /crates/brook/0.1.0/download 200".
    [[nodiscard]] std::string requests() const;

private:
    std::filesystem::path log_;
    support::RunningCommand server_;
};

}  // namespace rehome::real
