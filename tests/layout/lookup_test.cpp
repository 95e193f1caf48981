#include "layout/lookup.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace rehome;
using layout::Found;
using layout::Lookup;
using os::Platform;

namespace {

Found find(Lookup table, const os::Environment& environment, const std::string& function,
           const std::set<std::string>& existing = {}) {
    for (const Found& found : layout::look_up(
             table, environment, [&](const std::string& p) { return existing.contains(p); })) {
        if (found.function == function) {
            return found;
        }
    }
    FAIL("no function " << function);
    return {};
}

os::Environment environment() {
    os::Environment environment;
    environment.variables["HOME"] = "/home/a";
    environment.working_directory = "/here";
    return environment;
}

}  // namespace

TEST_CASE("the first phase: the variable, then the home", "[layout]") {
    os::Environment here = environment();
    CHECK(find(Lookup::rfc, here, "cargo_config_home").path == "/home/a/.cargo");
    CHECK(find(Lookup::rfc, here, "cargo_bin_home").path == "/home/a/.cargo/bin");
    CHECK(find(Lookup::rfc, here, "rustup_cache_home").path == "/home/a/.rustup");
    here.variables["CARGO_HOME"] = "rel";
    CHECK(find(Lookup::rfc, here, "cargo_data_home").path == "/here/rel");
    here.variables["CARGO_BIN_HOME"] = "/b";
    CHECK(find(Lookup::rfc, here, "cargo_bin_home").path == "/b");
    CHECK(find(Lookup::rfc, here, "cargo_bin_home").source == "CARGO_BIN_HOME");
    CHECK(layout::look_up(Lookup::rfc, here, [](const std::string&) { return false; }).size() == 6);
}

TEST_CASE("the future: the legacy directory only where it is present", "[layout]") {
    os::Environment here = environment();
    CHECK(find(Lookup::platform, here, "cargo_config_home", {"/home/a/.cargo"}).path ==
          "/home/a/.cargo");
    CHECK(find(Lookup::platform, here, "cargo_config_home").path == "/home/a/.config/cargo");
    CHECK(find(Lookup::platform, here, "cargo_data_home").path == "/home/a/.local/share/cargo");
    here.variables["XDG_CACHE_HOME"] = "/x";
    CHECK(find(Lookup::platform, here, "rustup_cache_home").path == "/x/rustup");
    here.variables["RUSTUP_HOME"] = "/r";
    CHECK(find(Lookup::platform, here, "rustup_cache_home").path == "/r");
}

TEST_CASE("the future of bin is to be decided", "[layout]") {
    const os::Environment here = environment();
    CHECK_FALSE(find(Lookup::platform, here, "cargo_bin_home").path);
    CHECK(find(Lookup::platform, here, "cargo_bin_home", {"/home/a/.cargo/bin"}).path ==
          "/home/a/.cargo/bin");
}

TEST_CASE("the future on Windows", "[layout]") {
    os::Environment here;
    here.platform = Platform::windows;
    here.variables["USERPROFILE"] = "C:\\Users\\a";
    CHECK(find(Lookup::platform, here, "cargo_config_home").path ==
          "C:\\Users\\a\\AppData\\Roaming\\Cargo");
    CHECK(find(Lookup::platform, here, "rustup_cache_home").path ==
          "C:\\Users\\a\\AppData\\Local\\Temp\\Rustup");
    CHECK(find(Lookup::platform, here, "cargo_data_home").source == "to be decided");
}
