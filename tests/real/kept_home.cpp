#include "real/kept_home.hpp"

#include "base/json.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace rehome::real {
namespace {

namespace fs = std::filesystem;

// Only what has changed: most of a home is the program of rustup.
void copy_all(const fs::path& from, const fs::path& to) {
    succeed(
        {.program = support::which("rsync").value(),
         .arguments = {"-aH", "--delete", "--modify-window=-1", from.string() + "/", to.string()},
         .variables = {{"PATH", "/usr/bin:/bin"}}});
}

}  // namespace

KeptHome::KeptHome(const RustHome& rust) : rust_(rust) {
    copy_all(rust.home(), copies_ / "home");
}

void KeptHome::restore() const {
    copy_all(copies_ / "home", rust_.home());
}

support::Command script(const RustHome& rust, const std::string& text) {
    support::Command shell = rust.command("sh", {"-c", text});
    shell.program = "/bin/sh";
    // With more threads rustup sleeps for tenths of a second with each component.
    shell.variables["RUSTUP_IO_THREADS"] = "1";
    return shell;
}

std::string installer_script(const RustHome& rust) {
    return fmt::format("RUSTUP_INIT_SKIP_PATH_CHECK=yes RUSTUP_INIT_SKIP_SUDO_CHECK=yes '{}' -y",
                       rust.installer().program.string());
}

std::string said(const RustHome& rust, const support::CommandResult& result) {
    const std::string home = rust.home().string();
    std::string text = result.out + result.err;
    for (std::size_t at = text.find(home); at != std::string::npos; at = text.find(home, at)) {
        text.replace(at, home.size(), "~");
    }
    return text;
}

std::set<std::string> doctor_codes(const RustHome& rust) {
    const support::CommandResult result =
        support::run(rust.command("rehome", {"doctor", "--json"}));
    INFO(result.out << result.err);
    const base::json::value document = base::parse_json(result.out);
    std::set<std::string> codes;
    for (const base::json::value& finding : document.at("findings").as_array()) {
        codes.emplace(finding.at("code").as_string());
    }
    return codes;
}

}  // namespace rehome::real
