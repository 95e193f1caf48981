// tmpfiles.d(5): caches that are purged come back, and what is no cache is left alone.

#include "shell/escape.hpp"
#include "shell/form.hpp"
#include "shell/limits.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

namespace rehome::shell {

namespace {

constexpr std::string_view header =
    R"(# Made by `rehome print-env tmpfiles`. systemd then makes the cache directories again at
# login, and never cleans by age what is named here (an age in place of a last - allows it):
#     mkdir -p ~/.config/user-tmpfiles.d
#     rehome print-env tmpfiles > ~/.config/user-tmpfiles.d/rehome.conf
#     systemctl --user enable systemd-tmpfiles-setup.service
# At once: systemd-tmpfiles --user --create ~/.config/user-tmpfiles.d/rehome.conf
# The system's own cleaner, of /tmp and /var/tmp, reads the x lines in /etc/tmpfiles.d.
)";

// Between double quotes.
constexpr auto path_escapes = std::to_array<Escape>({{"\\", "\\\\"}, {"\"", "\\\""}, {"%", "%%"}});

// The same for what is a pattern within them.
constexpr auto pattern_escapes = std::to_array<Escape>({{"\\", "\\\\\\\\"},
                                                        {"*", "\\\\*"},
                                                        {"?", "\\\\?"},
                                                        {"[", "\\\\["},
                                                        {"\"", "\\\""},
                                                        {"%", "%%"}});

// Writes no path twice: the second line would be an error in the log.
class Lines {
public:
    void make(const std::string& path, std::optional<std::uint32_t> mode) {
        if (made_.insert(path).second) {
            // 0700 is what rehome gives a directory that has no model.
            text_ += fmt::format("d \"{}\" {:04o} - - -\n",
                                 escaped(within(limits_, "a cache", path), path_escapes),
                                 mode.value_or(0700));
        }
    }

    void spare(const std::string& path) {
        if (spared_.insert(path).second) {
            text_ += fmt::format("x \"{}\"\n",
                                 escaped(within(limits_, "what must stay", path), pattern_escapes));
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const Limits limits_{.form = "tmpfiles", .odd_bytes = OddBytes::kept};
    std::set<std::string> made_;
    std::set<std::string> spared_;
    std::string text_;
};

std::string write(const Snippet& snippet) {
    Lines made;
    for (const Place& place : snippet.places) {
        if (place.is_cache) {
            made.make(place.path, place.mode);
        }
    }
    for (const PurgeableDirectory& directory : snippet.directories) {
        made.make(directory.target, directory.mode);
    }
    Lines spared;
    for (const Variable& home : snippet.homes) {
        spared.spare(home.value);
    }
    if (!snippet.state.empty()) {
        spared.spare(snippet.state);
    }
    for (const Place& place : snippet.places) {
        if (!place.is_cache) {
            spared.spare(place.path);
        }
    }
    return std::string(header) + note_lines("#", snippet.notes) +
           (made.text().empty() ? "" : "\n" + made.text()) +
           (spared.text().empty() ? "" : "\n" + spared.text());
}

}  // namespace

Form tmpfiles_form() {
    return {.name = "tmpfiles",
            .about = "systemd's user-tmpfiles.d: purged caches are made again",
            .write = write};
}

}  // namespace rehome::shell
