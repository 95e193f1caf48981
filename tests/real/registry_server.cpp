#include "real/registry_server.hpp"

#include "support/files.hpp"

#include <catch2/catch.hpp>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;

support::Command serve(const fs::path& registry) {
    support::Command command = generator(
        "registry/make_registry.py", {registry.string(), "--serve", (registry / "port").string()});
    command.time_limit = std::chrono::hours(1);
    return command;
}

}  // namespace

RegistryServer::RegistryServer(const RustHome& rust)
    : log_(rust.registry() / "requests.log"), server_(serve(rust.registry())) {
    REQUIRE(eventually([&] { return fs::exists(rust.registry() / "port"); }));
    fs::copy_file(rust.registry() / "config-sparse.toml",
                  rust.cargo_home() / "config.toml",
                  fs::copy_options::overwrite_existing);
}

std::string RegistryServer::requests() const {
    return support::read_file(log_);
}

}  // namespace rehome::real
