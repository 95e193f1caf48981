// Somebody with the user's own rights swaps an item for another thing, or a directory inside of it
// for a link that leads out, exactly while rehome waits at one of its changing calls. Whatever the
// call: nothing is lost, neither what was taken away nor what was put there, no link of a stranger
// is followed, and the exit code and the message say how it stands.
#include "support/canary.hpp"
#include "support/files.hpp"
#include "sweep/launch.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

using namespace rehome::sweep;
using namespace rehome::support;
namespace fs = std::filesystem;

namespace {

enum class Put { file, directory, link };

constexpr std::array all_puts = {Put::file, Put::directory, Put::link};

constexpr const char* intruder = "an intruder's work";

std::string_view name_of(Put put) {
    switch (put) {
        case Put::file: return "a file";
        case Put::directory: return "a directory";
        case Put::link: return "a link";
    }
    return "";
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// The contents of all files below the roots, and the texts of all links. Links are not followed.
std::set<std::string> contents(const std::vector<fs::path>& roots) {
    const auto lock = hold_launches();
    std::set<std::string> all;
    for (const fs::path& root : roots) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
            if (entry.is_symlink()) {
                all.insert("link to " + fs::read_symlink(entry.path()).string());
            } else if (entry.is_regular_file()) {
                all.insert(text_of(entry.path()));
            }
        }
    }
    return all;
}

struct Swap {
    Ground ground = Ground::one;
    bool back = false;       // in the rollback, not in the apply
    bool at_target = false;  // of the item, not at its old path
    std::string item = {};   // ".cargo/registry", or a directory in it
    Put put = Put::file;

    [[nodiscard]] std::string text() const {
        return fmt::format("{}, {}: {} for '{}'{}",
                           rehome::sweep::name_of(ground),
                           back ? "rollback" : "apply",
                           name_of(put),
                           item,
                           at_target ? " at its target" : "");
    }
};

// Where the item of this swap is, or goes, on the other side.
fs::path target_of(const Scene& scene, const Swap& swap) {
    const std::vector<fs::path> roots = scene.roots();
    const bool is_config = swap.item.ends_with("config.toml");
    const std::string below =
        is_config ? "cargo/config.toml" : "cargo/" + swap.item.substr(swap.item.find('/') + 1);
    const std::string base = is_config ? "config" : "cache";
    const bool is_copied =
        swap.ground == Ground::across || (swap.ground == Ground::mixed && !is_config);
    return is_copied ? roots[1] / base / below : roots[0] / ("." + base) / below;
}

void applied(const Scene& scene) {
    const WatchedRun run = scene.run(scene.apply());
    if (run.ended.exit_code != 0) {
        throw std::runtime_error("apply failed: " + run.ended.err);
    }
}

class Swapped {
public:
    Swapped(const Swap& swap, std::size_t call) : swap_(swap), scene_(swap.ground) {
        if (swap_.back) {
            applied(scene_);
        }
        before_ = contents(scene_.roots());
        // Neither our links nor our own notes.
        std::erase_if(before_, [](const std::string& text) {
            return text.starts_with("link to") || contains(text, "\"journal\"") ||
                   contains(text, "{\"");
        });
        (void)canary_.touched();
        const Strike strike{.before_each = [&](std::size_t at) {
            if (at == call) {
                swap_now();
            }
        }};
        story_ = fmt::format("{}, ", swap.text());
        judge(scene_.run(swap_.back ? scene_.rollback() : scene_.apply(), strike), call);
    }

    [[nodiscard]] Outcome outcome() {
        const bool original = scene_.stage() == "closed" || scene_.stage() == "none";
        return {.has_struck = has_struck_,
                .end = !wrong_.empty() ? End::other : (original ? End::original : End::finished),
                .story = wrong_.empty() ? "" : story_ + wrong_};
    }

private:
    void swap_now() {
        const auto lock = hold_launches();
        has_struck_ = true;
        const fs::path place =
            swap_.at_target ? target_of(scene_, swap_) : scene_.roots().front() / swap_.item;
        // What is in our hands while an item is copied must stay on its filesystem.
        const fs::path away = place.parent_path().parent_path() / "taken-away";
        std::error_code missing;
        fs::create_directories(place.parent_path(), missing);
        fs::rename(place, away, missing);
        missing.clear();
        switch (swap_.put) {
            case Put::file: write_file(place, intruder); break;
            case Put::directory: write_file(place / "file", intruder); break;
            case Put::link: fs::create_directory_symlink(canary_.path(), place, missing); break;
        }
        // Not where the place is inside of our own link for a moment.
        has_put_ = !missing;
    }

    void require_nothing_lost(std::string_view when) {
        const std::string song = canary_.touched();
        if (!song.empty()) {
            wrong_ += fmt::format("{}: the canary was touched:\n{}", when, song);
        }
        const std::set<std::string> now = contents(scene_.roots());
        std::set<std::string> wanted = before_;
        if (has_put_) {
            wanted.insert(swap_.put == Put::link ? "link to " + canary_.path().string() : intruder);
        }
        for (const std::string& text : wanted) {
            if (!now.contains(text)) {
                wrong_ += fmt::format("{}: lost: {}\n", when, text.substr(0, 60));
            }
        }
    }

    void judge(const WatchedRun& run, std::size_t call) {
        const std::string& told = run.ended.err;
        story_ += fmt::format(
            "at {}\nexit {}: {}{}", run.call_text(call), run.ended.exit_code, run.ended.out, told);
        require_nothing_lost("after the run");
        const int code = run.ended.exit_code;
        if (code != 0 && code != 1 && code != 3 && code != 5) {
            wrong_ += "that exit code does not belong here\n";
        }
        if (code != 0 && !contains(told, "error: ")) {
            wrong_ += "no message\n";
        }
        if (code == 5 && !contains(told, "rehome resume") && !contains(told, "rehome rollback")) {
            wrong_ += "the message does not name the next command\n";
        }
        const std::string stage = scene_.stage();
        const bool is_as_before = swap_.back && stage == "committed";
        if (code == 1 && !is_as_before && stage != "closed" && stage != "none") {
            wrong_ += "not everything was put back\n";
        }
        const WatchedRun next = run_watched(scene_.rollback());
        story_ += fmt::format("then rollback: exit {}: {}", next.ended.exit_code, next.ended.err);
        if (next.ended.exit_code != 0 && !contains(next.ended.err, "help: ")) {
            wrong_ += "the rollback does not say what to do\n";
        }
        require_nothing_lost("after the rollback");
    }

    Swap swap_;
    Scene scene_;
    Canary canary_;
    std::set<std::string> before_;
    bool has_struck_ = false;
    bool has_put_ = false;
    std::string story_;
    std::string wrong_;
};

std::vector<Swap> swaps_of(Ground ground, bool back) {
    std::vector<Swap> all;
    for (const char* item : {".cargo/config.toml", ".cargo/registry"}) {
        for (const bool at_target : {false, true}) {
            for (const Put put : all_puts) {
                all.push_back({ground, back, at_target, item, put});
            }
        }
    }
    // Inside of an item that is copied.
    for (const bool at_target : {false, true}) {
        all.push_back({ground, back, at_target, ".cargo/registry/cache", Put::link});
    }
    return all;
}

// Each `stride`-th of all calls of all swaps.
void sweep_swaps(Ground ground, std::size_t stride) {
    if (is_skipped(ground)) {
        return;
    }
    Tally all;
    for (const bool back : {false, true}) {
        const std::size_t calls =
            calls_of(
                {.name = "run",
                 .ground = ground,
                 .prepare = back ? Prepare(applied) : Prepare([](const Scene&) {}),
                 .act =
                     [&](const Scene& scene) { return back ? scene.rollback() : scene.apply(); }})
                .size();
        const std::vector<Swap> swaps = swaps_of(ground, back);
        const std::size_t points = calls * swaps.size() / stride;
        all += for_each_point(points, [&](std::size_t point) {
            const std::size_t number = point * stride - 1;
            return Swapped(swaps[number % swaps.size()], number / swaps.size() + 1).outcome();
        });
    }
    report(fmt::format("swapped, {}, one of {}", rehome::sweep::name_of(ground), stride), all);
}

}  // namespace

TEST_CASE("an item that is swapped at any call on one filesystem is not lost", "[sweep]") {
    sweep_swaps(Ground::one, 17);
}

TEST_CASE("an item that is swapped at any call across filesystems is not lost", "[sweep]") {
    sweep_swaps(Ground::across, 61);
}

TEST_CASE("an item swapped for anything at each single call is not lost", "[.][sweep][long]") {
    for (const Ground ground : {Ground::one, Ground::across, Ground::mixed}) {
        sweep_swaps(ground, 1);
    }
}
