#include "cli/machine.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <thread>

namespace rehome::cli {

std::vector<journal::Journal> read_journals(const Machine& machine) {
    const layout::Layout layout = bare_layout(machine);
    std::vector<std::filesystem::path> homes;
    for (const auto& [name, directory] : layout.homes) {
        homes.emplace_back(directory.path);
    }
    return journal::read_all(machine.fs, layout.state.path, homes);
}

void require_own(const Machine& machine, const std::vector<journal::Journal>& journals) {
    const auto require = [&](std::string_view what, const std::filesystem::path& path) {
        const std::optional<os::FileInfo> info = machine.fs.look_through(path);
        if (info && info->user != machine.environment.user) {
            throw base::Error(base::Kind::refused,
                              fmt::format("{} {} belongs to user {}, but rehome runs as user {}; "
                                          "nothing was changed",
                                          what,
                                          base::in_quotes(path.native()),
                                          info->user,
                                          machine.environment.user),
                              "run it as that user, without sudo");
        }
    };
    const layout::Layout layout = bare_layout(machine);
    require("HOME", layout.home);
    for (const auto& [name, directory] : layout.homes) {
        require(rust::variable_of(name), directory.path);
    }
    require("rehome's state", layout.state.path);
    for (const journal::Journal& journal : journals) {
        require("the journal", journal.path);
    }
}

layout::Layout bare_layout(const Machine& machine) {
    return layout::make_layout(machine.environment, {});
}

apply::Context context_of(const Machine& machine, const Arguments& arguments, StatusLine& status) {
    apply::Context context{.fs = machine.fs,
                           .state = bare_layout(machine).state.path,
                           .wait = std::chrono::milliseconds(10000),
                           .tell = [&status](std::string_view verb,
                                             const std::string& what) { status.verb(verb, what); },
                           .workers = std::max(1U, std::thread::hardware_concurrency()),
                           .progress = &status.progress(),
                           .environment = &machine.environment};
    if (const std::optional<std::string> text = arguments.value("wait")) {
        double seconds = 0;
        const char* end = text->data() + text->size();
        const auto result = std::from_chars(text->data(), end, seconds);
        if (result.ptr != end || result.ec != std::errc() || !(seconds >= 0) || seconds > 1e6) {
            throw base::Error(
                base::Kind::usage,
                fmt::format("--wait {}: a number of seconds is needed", base::in_quotes(*text)));
        }
        context.wait = std::chrono::milliseconds(std::lround(seconds * 1000));
    }
    return context;
}

std::vector<std::string> ids_of(const std::vector<journal::Journal>& journals) {
    std::vector<std::string> ids;
    for (const journal::Journal& journal : journals) {
        ids.push_back(journal.begin.id);
    }
    return ids;
}

std::string_view state_name(journal::Stage stage) {
    switch (stage) {
        case journal::Stage::committed: return "applied";
        case journal::Stage::closed: return "rolled back";
        default: return "interrupted";
    }
}

std::string time_text(std::int64_t seconds) {
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string short_path(const Machine& machine, const std::string& path) {
    return short_path(path, machine.environment.variable("HOME").value_or(""));
}

const journal::Journal& journal_with_id(const std::vector<journal::Journal>& journals,
                                        const std::string& id) {
    const auto found = std::ranges::find_if(
        journals, [&](const journal::Journal& journal) { return journal.begin.id == id; });
    if (found == journals.end()) {
        const std::vector<std::string> ids = ids_of(journals);
        throw base::Error(base::Kind::usage,
                          fmt::format("there is no transaction {}", base::in_quotes(id)),
                          ids.empty()
                              ? "there is none yet"
                              : fmt::format("the transactions are {}; `rehome history` shows them",
                                            base::listed(ids)));
    }
    return *found;
}

}  // namespace rehome::cli
