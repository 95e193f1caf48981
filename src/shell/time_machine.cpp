// A script that takes the caches out of Time Machine's backups: by their paths, so that it also
// counts for one that was purged and is made again (tmutil(8), addexclusion -p).

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env time-machine`: what cargo and rustup download again needs no backup.
#     rehome print-env time-machine | sudo sh
# Back into the backups: the same lines with removeexclusion.
)";

// Between single quotes.
constexpr auto escapes = std::to_array<Escape>({{"'", "'\\''"}});

std::string write(const Snippet& snippet) {
    const Limits limits{
        .form = "time-machine", .control = Control::allowed, .odd_bytes = OddBytes::kept};
    std::string text(header);
    text += note_lines("#", snippet.notes);
    text += snippet.caches.empty() ? "" : "\n";
    for (const std::string& cache : snippet.caches) {
        text += fmt::format("tmutil addexclusion -p '{}'\n",
                            escaped(within(limits, "a cache", cache), escapes));
    }
    return text;
}

}  // namespace

Form time_machine_form() {
    return {.name = "time-machine",
            .about = "macOS: a script that takes the caches out of its backups",
            .write = write};
}

}  // namespace rehome::shell
