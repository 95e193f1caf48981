#include "base/error.hpp"
#include "layout/layout.hpp"
#include "layout/path_text.hpp"

#include <catch2/catch.hpp>

using namespace rehome;
using layout::Layout;
using layout::Origin;
using layout::Slot;
using os::Platform;
using rules::Category;
using rust::HomeName;

namespace {

os::Environment unix_environment(Platform platform = Platform::linux) {
    os::Environment environment;
    environment.platform = platform;
    environment.variables["HOME"] = "/home/a";
    return environment;
}

std::string path(const Layout& layout, HomeName home, Category category) {
    return layout.directories.at({home, category}).path;
}

std::string message_of(const os::Environment& environment, const layout::Wishes& wishes = {}) {
    try {
        layout::make_layout(environment, wishes);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::usage);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("the defaults on Linux are the XDG ones", "[layout]") {
    const Layout layout = layout::make_layout(unix_environment(), {});
    CHECK(layout.homes.at(HomeName::cargo).path == "/home/a/.cargo");
    CHECK(layout.homes.at(HomeName::rustup).path == "/home/a/.rustup");
    CHECK(path(layout, HomeName::cargo, Category::config) == "/home/a/.config/cargo");
    CHECK(path(layout, HomeName::cargo, Category::data) == "/home/a/.local/share/cargo");
    CHECK(path(layout, HomeName::cargo, Category::state) == "/home/a/.local/state/cargo");
    CHECK(path(layout, HomeName::cargo, Category::cache) == "/home/a/.cache/cargo");
    CHECK(path(layout, HomeName::cargo, Category::bin) == "/home/a/.local/share/cargo/bin");
    CHECK(path(layout, HomeName::rustup, Category::data) == "/home/a/.local/share/rustup");
    CHECK(layout.state.path == "/home/a/.local/state/rehome");
    CHECK(layout.rules.path == "/home/a/.config/rehome/rules");
}

TEST_CASE("rehome's own state does not follow the flags", "[layout]") {
    const layout::Wishes wishes{.bases = {{Category::state, "/s"}, {Category::config, "/c"}}};
    const Layout layout = layout::make_layout(unix_environment(), wishes);
    CHECK(path(layout, HomeName::cargo, Category::state) == "/s/cargo");
    CHECK(layout.state.path == "/home/a/.local/state/rehome");
    CHECK(layout.rules.path == "/home/a/.config/rehome/rules");
}

TEST_CASE("macOS has the XDG directories, and its own on request", "[layout]") {
    const os::Environment environment = unix_environment(Platform::macos);
    CHECK(path(layout::make_layout(environment, {}), HomeName::cargo, Category::cache) ==
          "/home/a/.cache/cargo");
    const Layout native = layout::make_layout(environment, {.style = layout::Style::native});
    CHECK(path(native, HomeName::cargo, Category::cache) == "/home/a/Library/Caches/cargo");
    CHECK(path(native, HomeName::rustup, Category::config) ==
          "/home/a/Library/Application Support/rustup");
}

TEST_CASE("Windows has its application data", "[layout]") {
    os::Environment environment;
    environment.platform = Platform::windows;
    environment.variables = {{"USERPROFILE", "C:\\Users\\a"},
                             {"LOCALAPPDATA", "D:\\Local\\"},
                             {"CARGO_HOME", "E:/cargo"}};
    const Layout layout = layout::make_layout(environment, {});
    CHECK(layout.homes.at(HomeName::cargo).path == "E:\\cargo");
    CHECK(layout.homes.at(HomeName::rustup).path == "C:\\Users\\a\\.rustup");
    CHECK(path(layout, HomeName::cargo, Category::cache) == "D:\\Local\\cargo");
    CHECK(path(layout, HomeName::cargo, Category::config) ==
          "C:\\Users\\a\\AppData\\Roaming\\cargo");
    CHECK(path(layout, HomeName::cargo, Category::bin) ==
          "C:\\Users\\a\\AppData\\Roaming\\cargo\\bin");
}

TEST_CASE("flag beats variable beats XDG beats default", "[layout]") {
    os::Environment environment = unix_environment();
    const Slot cache{HomeName::cargo, Category::cache};
    environment.variables["XDG_CACHE_HOME"] = "/x//cache/";
    CHECK(layout::make_layout(environment, {}).directories.at(cache) ==
          layout::Directory{"/x/cache/cargo", Origin::xdg, "XDG_CACHE_HOME"});
    environment.variables["CARGO_CACHE_HOME"] = "/v/./c";
    CHECK(layout::make_layout(environment, {}).directories.at(cache) ==
          layout::Directory{"/v/c", Origin::variable, "CARGO_CACHE_HOME"});
    CHECK(layout::make_layout(environment, {.bases = {{Category::cache, "/f"}}})
              .directories.at(cache) == layout::Directory{"/f/cargo", Origin::flag, "--cache-dir"});
}

TEST_CASE("bin follows data unless it is named", "[layout]") {
    os::Environment environment = unix_environment();
    const Slot bin{HomeName::cargo, Category::bin};
    environment.variables["CARGO_DATA_HOME"] = "/d";
    CHECK(layout::make_layout(environment, {}).directories.at(bin).path == "/d/bin");
    environment.variables["CARGO_BIN_HOME"] = "/b";
    CHECK(layout::make_layout(environment, {}).directories.at(bin).path == "/b");
    CHECK(layout::make_layout(environment, {.bin = "/f"}).directories.at(bin).path == "/f");
}

TEST_CASE("what was applied counts more than XDG, and its echo is no wish", "[layout]") {
    os::Environment environment = unix_environment();
    const Slot cache{HomeName::cargo, Category::cache};
    const layout::Wishes wishes{.applied = {{cache, "/applied/cargo"}}};
    environment.variables["XDG_CACHE_HOME"] = "/x";
    CHECK(layout::make_layout(environment, wishes).directories.at(cache).path == "/applied/cargo");
    environment.variables["CARGO_CACHE_HOME"] = "/applied/cargo";
    CHECK(layout::make_layout(environment, wishes).directories.at(cache).origin == Origin::applied);
    environment.variables["CARGO_CACHE_HOME"] = "/other";
    CHECK(layout::make_layout(environment, wishes).directories.at(cache).origin ==
          Origin::variable);
}

TEST_CASE("an empty variable counts as unset", "[layout]") {
    os::Environment environment = unix_environment();
    environment.variables["CARGO_HOME"] = "";
    environment.variables["XDG_DATA_HOME"] = "";
    environment.variables["CARGO_DATA_HOME"] = "";
    const Layout layout = layout::make_layout(environment, {});
    CHECK(layout.homes.at(HomeName::cargo).path == "/home/a/.cargo");
    CHECK(path(layout, HomeName::cargo, Category::data) == "/home/a/.local/share/cargo");
}

TEST_CASE("a relative XDG variable is ignored with a warning", "[layout]") {
    os::Environment environment = unix_environment();
    environment.variables["XDG_CACHE_HOME"] = "cache";
    const Layout layout = layout::make_layout(environment, {});
    CHECK(path(layout, HomeName::cargo, Category::cache) == "/home/a/.cache/cargo");
    REQUIRE(layout.warnings.size() == 1);
    CHECK(layout.warnings.front() ==
          "XDG_CACHE_HOME is 'cache', which is not an absolute path; it is ignored");
}

TEST_CASE("relative paths of ours, and no HOME, are usage errors", "[layout]") {
    for (const char* name : {"HOME",
                             "CARGO_HOME",
                             "RUSTUP_HOME",
                             "CARGO_CACHE_HOME",
                             "CARGO_BIN_HOME",
                             "RUSTUP_STATE_HOME"}) {
        os::Environment environment = unix_environment();
        environment.variables[name] = "relative\npath";
        INFO(name);
        CHECK(message_of(environment).starts_with(std::string(name) + " is 'relative\\npath'"));
    }
    os::Environment environment = unix_environment();
    CHECK(message_of(environment, {.bases = {{Category::data, "d"}}})
              .starts_with("--data-dir is 'd'"));
    environment.variables.erase("HOME");
    CHECK(message_of(environment).starts_with("HOME is not set"));
}

TEST_CASE("paths are tidied without touching '..'", "[layout]") {
    CHECK(layout::tidy(Platform::linux, "/a//b/./c/") == "/a/b/c");
    CHECK(layout::tidy(Platform::linux, "/") == "/");
    CHECK(layout::tidy(Platform::linux, "/a/../b") == "/a/../b");
    CHECK(layout::tidy(Platform::windows, "C:/a//b\\") == "C:\\a\\b");
    CHECK(layout::tidy(Platform::windows, "\\\\server\\share\\") == "\\\\server\\share");
}
