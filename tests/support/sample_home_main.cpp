// sample_home FILE.toml DIR [--files N]: makes a sample home in DIR, with N more small files.

#include "support/sample_home.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t result = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), result);
    const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    return is_whole ? std::optional(result) : std::nullopt;
}

}  // namespace

int main(int count, char** texts) {
    const std::vector<std::string_view> arguments(texts + 1, texts + count);
    const bool has_files = arguments.size() == 4 && arguments[2] == "--files";
    const auto files = has_files ? number(arguments[3]) : std::optional<std::uint64_t>(0);
    if ((arguments.size() != 2 && !has_files) || !files) {
        fmt::print(stderr, "usage: sample_home FILE.toml DIR [--files N]\n");
        return 2;
    }
    try {
        rehome::support::make_sample_home(arguments[0], arguments[1]);
        rehome::support::add_small_files(arguments[1], *files);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return 1;
    }
}
