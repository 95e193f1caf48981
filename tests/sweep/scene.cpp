#include "sweep/scene.hpp"

#include "journal/store.hpp"
#include "os/read_fs.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"
#include "sweep/launch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>

namespace rehome::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* tmpfs = "/dev/shm";
constexpr std::int64_t of_now = -1;
constexpr std::chrono::milliseconds clock_tick{25};
constexpr std::uintmax_t largest_compared = 1 << 20;

// The clock by which files are stamped is a little behind.
std::int64_t just_before_now() {
    constexpr std::int64_t a_minute = 60'000'000'000;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
               .count() -
           a_minute;
}

void replace_all(std::string& text, const std::string& old, std::string_view by) {
    for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at)) {
        text.replace(at, old.size(), by);
        at += by.size();
    }
}

std::string stage_name(journal::Stage stage) {
    switch (stage) {
        case journal::Stage::begun: return "begun";
        case journal::Stage::committed: return "committed";
        case journal::Stage::rolling_back: return "rolling back";
        case journal::Stage::rolled_back: return "rolled back";
        case journal::Stage::closed: return "closed";
    }
    return "unknown";
}

std::optional<std::string> text_of(const fs::path& path) {
    try {
        return support::read_file(path);
    } catch (const std::system_error&) {
        return std::nullopt;
    }
}

support::TempDir directory_in(const fs::path& parent) {
    if (parent.empty()) {
        return support::TempDir();
    }
    return support::TempDir(parent);
}

}  // namespace

std::string_view name_of(Ground ground) {
    switch (ground) {
        case Ground::one: return "one filesystem";
        case Ground::across: return "across filesystems";
        case Ground::mixed: return "renamed and copied";
        case Ground::moved: return "moving on";
        case Ground::linked: return "homes as links";
    }
    return "";
}

std::string why_not_on(Ground ground) {
    if (ground != Ground::across && ground != Ground::mixed) {
        return "";
    }
    const os::ReadFs disk;
    const support::TempDir here;
    const std::optional<os::FileInfo> there = disk.look(tmpfs);
    if (!there || !disk.may_write(tmpfs) ||
        there->device == disk.look(disk.open(here.path())).device) {
        return fmt::format("no second filesystem at {}", tmpfs);
    }
    return "";
}

Scene::Scene(Ground ground, const char* sample, const Site& site)
    : ground_(ground), site_(site), made_at_(just_before_now()), home_(directory_in(site.home)) {
    {
        const auto lock = hold_launches();
        fill(sample);
    }
    look_again();
    if (ground == Ground::moved) {
        const support::CommandResult first = support::run(command({"migrate", "--apply", "--yes"}));
        if (first.exit_code != 0) {
            throw std::runtime_error("the first migration failed: " + first.err);
        }
        before_ = look();  // what it has is still reached by the paths of the home
    }
}

void Scene::look_again() {
    before_ = look();
    contents_.clear();
    const auto lock = hold_launches();
    for (const auto& [path, entry] : before_) {
        if (entry.type == "file" && entry.size <= largest_compared) {
            contents_.emplace(path, support::read_file(home_ / path));
        }
    }
}

void Scene::fill(const char* sample) {
    support::make_sample_home(support::source_directory() / "fixtures/homes" /
                                  fmt::format("{}.toml", sample),
                              home_.path());
    for (const char* lock : {".cargo/.package-cache", ".cargo/.package-cache-mutate"}) {
        if (!fs::exists(home_ / lock)) {
            support::write_file(home_ / lock, "");
        }
    }
    if (ground_ == Ground::across || ground_ == Ground::mixed) {
        second_ = std::make_unique<support::TempDir>(site_.second.empty() ? tmpfs : site_.second);
    }
}

support::Command Scene::command(std::vector<std::string> arguments) const {
    return {.program = support::rehome_binary(),
            .arguments = std::move(arguments),
            .variables = {{"HOME", home_.path().string()}, {"PATH", "/nowhere"}},
            .working_directory = home_.path()};
}

support::Command Scene::apply(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"migrate", "--apply", "--yes"};
    if (second_) {
        if (site_.second.empty()) {
            arguments.push_back("--allow-volatile");
        }
        arguments.insert(arguments.end(), {"--cache-dir", (*second_ / "cache").string()});
    }
    if (ground_ == Ground::across) {
        arguments.insert(arguments.end(), {"--data-dir", (*second_ / "data").string()});
        arguments.insert(arguments.end(), {"--config-dir", (*second_ / "config").string()});
    }
    if (ground_ == Ground::moved) {
        arguments.insert(arguments.end(), {"--cache-dir", (home_ / "elsewhere").string()});
    }
    if (ground_ == Ground::linked) {
        arguments.insert(arguments.end(), {"--legacy-home", "link"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command(std::move(arguments));
}

support::Command Scene::rollback() const {
    if (ground_ != Ground::moved) {
        return command({"rollback", "--yes"});
    }
    // The first migration stays.
    return stage() == "none" ? resume() : command({"rollback", "2", "--yes"});
}

support::Command Scene::resume() const {
    return command({"resume"});
}

std::vector<fs::path> Scene::roots() const {
    std::vector<fs::path> roots{home_.path()};
    if (second_) {
        roots.push_back(second_->path());
    }
    return roots;
}

WatchedRun Scene::run(const support::Command& command, const Strike& strike) const {
    if (second_) {
        std::this_thread::sleep_for(clock_tick);
    }
    return run_watched(command, strike, site_.syncs);
}

support::Snapshot Scene::look() const {
    const auto lock = hold_launches();
    const support::Inodes inodes = ground_ == Ground::across || ground_ == Ground::mixed
                                       ? support::Inodes::left_out
                                       : support::Inodes::compared;
    support::Snapshot all = support::take_snapshot(
        home_.path(), {.inodes = inodes, .except = {".", ".local/state/rehome"}});
    // rehome's own state keeps these two, and they were not there before.
    all.erase(".local");
    all.erase(".local/state");
    // Made anew when the cache moves on and comes back.
    for (auto& [path, entry] : all) {
        if (ground_ == Ground::moved && (entry.type == "symlink" || path.ends_with("/.rehome") ||
                                         path == ".cache" || path == ".cache/cargo")) {
            entry.inode = 0;
            entry.mtime = 0;
        }
    }
    if (second_) {
        for (auto& [path, entry] : support::take_snapshot(
                 second_->path(), {.inodes = support::Inodes::left_out, .except = {"."}})) {
            all.emplace("second/" + path, entry);
        }
    }
    return all;
}

std::string Scene::unlike_original() const {
    return support::difference(before_, look());
}

support::Snapshot Scene::form() const {
    // Inodes and contents (which may name the home) to their first places in `before_`.
    std::map<std::uint64_t, std::uint64_t> inodes = {{0, 0}};
    std::map<std::uint64_t, std::uint64_t> contents = {{0, 0}};
    std::uint64_t number = 0;
    for (const auto& [path, entry] : before_) {
        number += 1;
        inodes.emplace(entry.inode, number);
        contents.emplace(entry.content, number);
    }
    const auto place = [](const auto& places, std::uint64_t key) {
        const auto known = places.find(key);
        return known == places.end() ? 0 : known->second;
    };
    support::Snapshot all = look();
    for (auto& [path, entry] : all) {
        entry.mtime = entry.mtime >= made_at_ ? of_now : entry.mtime;
        entry.inode = place(inodes, entry.inode);
        entry.content = place(contents, entry.content);
        replace_all(entry.link_text, home_.path().string(), "HOME");
        if (second_) {
            replace_all(entry.link_text, second_->path().string(), "SECOND");
        }
        if (entry.type == "symlink") {
            entry.size = 0;
        }
        if (path.ends_with("/.rehome")) {
            entry.size = 0;
        }
    }
    return all;
}

std::string Scene::unreachable() const {
    const auto lock = hold_launches();
    std::string lines;
    for (const auto& [path, content] : contents_) {
        const std::optional<std::string> there = text_of(home_ / path);
        if (there != content) {
            lines +=
                fmt::format("'{}' {} at its old path\n", path, there ? "differs" : "is missing");
        }
    }
    return lines;
}

std::string Scene::stage() const {
    const auto lock = hold_launches();
    const os::ReadFs disk;
    const std::vector<journal::Journal> all = journal::read_all(
        disk, home_ / ".local/state/rehome", {home_ / ".cargo", home_ / ".rustup"});
    const std::size_t before = ground_ == Ground::moved ? 1 : 0;
    return all.size() <= before ? "none" : stage_name(all.back().stage);
}

std::string Scene::state_left_over() const {
    const bool is_committed = stage() == "committed";
    const auto lock = hold_launches();
    const fs::path state = home_ / ".local/state/rehome";
    std::error_code missing;
    std::string lines;
    for (const auto& entry : fs::recursive_directory_iterator(state, missing)) {
        const fs::path path = entry.path().lexically_relative(state);
        const auto depth = std::distance(path.begin(), path.end());
        // rehome does not clear away what only a committed transaction has a use for.
        const bool is_manifest = path.filename().string().starts_with("manifest-") && is_committed;
        if (is_manifest) {
            continue;
        }
        if (entry.is_directory() ? depth > 2 : path.filename() != "journal" || depth != 3) {
            lines += fmt::format("'{}' is left in rehome's state\n", path.string());
        }
    }
    const os::ReadFs disk;
    for (const journal::Journal& one : journal::read_all(disk, state, {})) {
        const bool is_over =
            one.stage == journal::Stage::closed ||
            (one.is_in_force() && !one.has_unsettled_originals() && !one.has_links_left());
        if (!is_over) {
            lines += fmt::format("transaction {} is {}\n", one.begin.id, stage_name(one.stage));
        }
    }
    return lines;
}

}  // namespace rehome::sweep
