// What print-env writes is loaded by the real shell, and a program that it starts then sees each
// value byte for byte; an entry is in front of PATH, a dangling link has its target again. Of each
// dialect one shell is kept. The input's first byte is the dialect and whether directories are
// tried, which takes a process each; the rest are strings that NUL parts.

#include "fuzz/kept_shell.hpp"
#include "fuzz/property.hpp"
#include "shell/snippet.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace rehome::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t string_count = 3;

std::vector<std::string> strings_of(std::string_view input) {
    std::vector<std::string> strings;
    for (std::size_t index = 0; index < string_count; ++index) {
        const std::size_t end = std::min(input.find('\0'), input.size());
        strings.emplace_back(input.substr(0, end));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    return strings;
}

shell::Snippet snippet_of(const std::vector<std::string>& strings, const std::string& home,
                          bool with_directories) {
    shell::Snippet snippet{.notes = strings, .home = home};
    for (const std::string& text : strings) {
        const std::size_t count = snippet.variables.size();
        snippet.variables.push_back({fmt::format("V{}", count), text});
        snippet.variables.push_back({fmt::format("V{}", count + 1), home + "/" + text});
        // These would be two entries.
        if (text.find(':') == std::string::npos) {
            snippet.path.push_back("/" + text);
        }
        const bool is_name = text.find('/') == std::string::npos && text.size() < 200;
        if (with_directories && is_name && !text.empty() && text != "." && text != "..") {
            snippet.directories.push_back(
                {home + "/links/" + text, home + "/targets/" + text + "/inside"});
        }
    }
    return snippet;
}

// The entries that the snippet puts in front, each once.
std::string expected_path(const shell::Snippet& snippet) {
    std::string path(KeptShell::path);
    for (auto entry = snippet.path.rbegin(); entry != snippet.path.rend(); ++entry) {
        if ((":" + path + ":").find(":" + *entry + ":") == std::string::npos) {
            path = *entry + ":" + path;
        }
    }
    return path;
}

void check(KeptShell& shell, const std::vector<std::string>& strings, bool with_directories) {
    const std::string home = shell.home();
    const shell::Snippet snippet = snippet_of(strings, home, with_directories);
    if (!snippet.directories.empty()) {
        fs::create_directory(home + "/links");
    }
    for (const shell::PurgeableDirectory& directory : snippet.directories) {
        std::error_code there;
        fs::create_symlink(directory.target, directory.link, there);
    }
    const std::string text = shell::render(shell.dialect(), snippet);
    const std::vector<std::string> seen = shell.load(text);

    hold(seen.size() == snippet.variables.size() + 1, "every variable is set", text);
    for (std::size_t index = 0; index < snippet.variables.size(); ++index) {
        hold(seen[index] == snippet.variables[index].value,
             "a program sees the value byte for byte: " + snippet.variables[index].name,
             seen[index] + "\n" + text);
    }
    hold(seen.back() == expected_path(snippet),
         "the entries are in front of PATH",
         seen.back() + "\n" + text);
    for (const shell::PurgeableDirectory& directory : snippet.directories) {
        hold(fs::is_directory(directory.target), "a missing target is made again", text);
    }
    if (!snippet.directories.empty()) {
        fs::remove_all(home + "/links");
        fs::remove_all(home + "/targets");
    }
}

}  // namespace

}  // namespace rehome::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rehome::fuzz;
    static const std::vector<std::unique_ptr<KeptShell>> shells = kept_shells();
    if (size > 0 && !shells.empty()) {
        const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
        check(*shells[(data[0] & 0x7fU) % shells.size()], strings_of(rest), data[0] > 0x7f);
    }
    return 0;
}
