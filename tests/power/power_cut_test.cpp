// The power goes at any moment, and of what was not synced by then any part may be on the disk:
// tests/power/recording_fs.hpp notes what a run changes and syncs, crash_states.hpp tells what the
// disk may hold. From each such state the user's next command has to lead to the original or to the
// finished state. What real filesystems leave is another matter (tests/sweep); these states are
// more than any of them has.
#include "apply/rollback.hpp"
#include "journal/pointer.hpp"
#include "power/crash_states.hpp"
#include "support/copying.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace rehome;
using power::CrashState;
using power::Disk;
using power::Effort;
using power::RecordingFs;
using power::Survey;
using support::FaultFs;
using support::Migration;
using support::Way;

namespace {

enum class Ground {
    one,     // all items are renamed
    plain,   // the same where there is no EXCHANGE
    across,  // two of the three are copied
    moved,   // the cache was moved before, and moves on
    linked,  // all items are renamed, and the homes themselves
    linked_plain,
};

bool has_exchange(Ground ground) {
    return ground != Ground::plain && ground != Ground::linked_plain;
}

constexpr std::size_t shown = 3;  // of what is wrong

class World {
public:
    // Nothing where this machine cannot mount.
    static std::unique_ptr<World> make(Ground ground) {
        auto first = support::mount_or_skip(support::Filesystem::ext4, {.megabytes = 64});
        std::unique_ptr<support::Mounted> second;
        if (first && ground == Ground::across) {
            second = support::mount_or_skip(support::Filesystem::ext4, {.megabytes = 64});
        }
        if (!first || (ground == Ground::across && !second)) {
            return nullptr;
        }
        return std::unique_ptr<World>(new World(ground, std::move(first), std::move(second)));
    }

    [[nodiscard]] const Migration& home() const { return home_; }

    [[nodiscard]] std::vector<std::filesystem::path> roots() const {
        std::vector<std::filesystem::path> roots = {home_.home()};
        if (second_) {
            roots.push_back(second_->path());
        }
        return roots;
    }

    // Every file of the original that has not its content at its old path.
    [[nodiscard]] std::string unreachable() const {
        std::string names;
        for (const auto& [path, content] : contents_) {
            try {
                if (support::read_file(home_ / path) != content) {
                    names += path + " has another content\n";
                }
            } catch (const std::exception&) {
                names += path + " is not there\n";
            }
        }
        return names;
    }

    // The homes that an item has left and that do not tell where the journal is: without the
    // variables of the run nothing would lead there.
    [[nodiscard]] std::string without_pointer() const {
        std::string names;
        for (const char* home : {".cargo", ".rustup"}) {
            std::error_code missing;  // half an exchange of the home itself
            for (const auto& entry : std::filesystem::directory_iterator(home_ / home, missing)) {
                const bool is_item = !entry.path().filename().string().starts_with(".");
                if (is_item && entry.is_symlink() &&
                    !journal::read_pointer(os::ReadFs(), home_ / home)) {
                    names += fmt::format("{} has no pointer to the journal\n", home);
                }
            }
        }
        return names;
    }

    // The user's command, if there is a transaction for it: the first one of a home that was moved
    // before is none.
    void recover(os::Fs& fs, Way way) const {
        if (ground_ != Ground::moved || home_.journals().size() > 1) {
            support::recover(home_, fs, way);
        }
    }

    [[nodiscard]] std::string unlike_original() const {
        std::string differences = support::difference(before_, look());
        if (second_) {
            for (const auto& entry : std::filesystem::directory_iterator(second_->path())) {
                if (entry.path().filename() != "lost+found") {
                    differences += "left: " + entry.path().string() + "\n";
                }
            }
        }
        return differences;
    }

    [[nodiscard]] Ground ground() const { return ground_; }

    [[nodiscard]] bool is_committed() const {
        const std::vector<journal::Journal> journals = home_.journals();
        return journals.size() == (ground_ == Ground::moved ? 2U : 1U) &&
               journals.back().is_in_force();
    }

private:
    World(Ground ground, std::unique_ptr<support::Mounted> first,
          std::unique_ptr<support::Mounted> second)
        : ground_(ground), first_(std::move(first)), second_(std::move(second)),
          home_("minimal", first_->path()) {
        if (second_) {
            home_.send_to(second_->path());
        }
        if (ground == Ground::linked || ground == Ground::linked_plain) {
            home_.request.legacy_home = plan::LegacyHome::link;
        }
        before_ = home_.snapshot_without_inodes();
        for (const auto& [path, entry] : before_) {
            if (entry.type == "file") {
                contents_.emplace(path, support::read_file(home_ / path));
            }
        }
        if (ground == Ground::moved) {
            os::Fs fs;
            home_.apply(fs);
            home_.request.wishes.bases[rules::Category::cache] = (home_ / "elsewhere").string();
            before_ = look();
        }
        support::let_the_clock_tick();
    }

    // Of a home that was moved before, without what is outside of the homes or rehome's own.
    [[nodiscard]] support::Snapshot look() const {
        support::Snapshot all = home_.snapshot_without_inodes();
        for (auto& [path, entry] : all) {
            const bool is_outside = path == ".cache" || path == ".cache/cargo";
            if (ground_ == Ground::moved &&
                (is_outside || entry.type == "symlink" || path.ends_with(".rehome"))) {
                entry.mtime = 0;
            }
        }
        return all;
    }

    Ground ground_;
    // Of their own: thousands of homes are made there, and a busy disk would be waited for.
    std::unique_ptr<support::Mounted> first_;
    std::unique_ptr<support::Mounted> second_;
    Migration home_;
    support::Snapshot before_;
    std::map<std::string, std::string> contents_;
};

using Act = std::function<void(const World&, os::Fs&)>;

void nothing(const World&, os::Fs&) {}

void apply_it(const World& world, os::Fs& fs) {
    world.home().apply(fs);
}

void roll_it_back(const World& world, os::Fs& fs) {
    apply::roll_back(world.home().context(fs), world.home().open_journal(), apply::Missing::refuse);
}

// What is wrong when the power was cut, and the user goes that way. Empty if nothing is.
std::string wrong_after(const World& world, const CrashState& state, Way way) {
    FaultFs fs;
    fs.leave_out_syncs();
    std::string wrong;
    try {
        power::write(state.disk);
        // Without EXCHANGE a directory is missing for one call.
        if (!state.has_half && has_exchange(world.ground())) {
            wrong += world.unreachable();
        }
        wrong += world.without_pointer();
        world.recover(fs, way);
        wrong += world.unreachable();
        if (world.is_committed()) {
            wrong += way == Way::back ? "rollback ended with the finished state\n" : "";
            world.recover(fs, Way::back);
        }
        wrong += world.unlike_original();
    } catch (const std::exception& error) {
        wrong += fmt::format("failed: {}\n", error.what());
    }
    return wrong;
}

struct Result {
    Survey survey;
    std::size_t recoveries = 0;
    std::size_t wrong = 0;

    void add(const World& world, const CrashState& state, const std::string& before) {
        for (const Way way : {Way::back, Way::on}) {
            const std::string story = wrong_after(world, state, way);
            recoveries += 1;
            if (!story.empty() && ++wrong <= shown) {
                FAIL_CHECK(before << state.story << "then " << word_of(way) << ":\n" << story);
            }
        }
    }

    void report(const char* name) const {
        fmt::print(
            "power cut, {}: {}, {} recoveries, {} wrong\n", name, survey.text(), recoveries, wrong);
        CHECK(survey.tried > 0);
        CHECK(wrong == 0);
    }
};

// Calls `visit` after `prepare` with states that a power cut in `act` can leave.
template <class Visit>
Survey visit_states(const World& world, const Act& prepare, const Act& act, const Effort& effort,
                    Visit visit) {
    FaultFs unsynced;
    unsynced.leave_out_syncs();
    prepare(world, unsynced);
    RecordingFs fs(world.roots());
    if (!has_exchange(world.ground())) {
        fs.refuse_exchange();
    }
    act(world, fs);
    return for_each_crash_state(fs.finish(), effort, visit);
}

void cut_once(Ground ground, const char* name, const Act& prepare, const Act& act,
              const Effort& effort) {
    if (const std::unique_ptr<World> world = World::make(ground)) {
        Result result;
        result.survey = visit_states(*world, prepare, act, effort, [&](const CrashState& state) {
            result.add(*world, state, "");
        });
        result.report(name);
    }
}

// The power is cut again while the first cut is recovered.
void cut_twice(Ground ground, const char* name, const Act& prepare, const Act& act,
               const Effort& first, const Effort& second) {
    const std::unique_ptr<World> world = World::make(ground);
    if (!world) {
        return;
    }
    Result result;
    visit_states(*world, prepare, act, first, [&](const CrashState& state) {
        for (const Way way : {Way::back, Way::on}) {
            const Act go = [&](const World& there, os::Fs& fs) { there.recover(fs, way); };
            const Act reboot = [&](const World&, os::Fs&) { power::write(state.disk); };
            const std::string before = fmt::format("{}then {}, and a\n", state.story, word_of(way));
            result.survey += visit_states(*world, reboot, go, second, [&](const CrashState& again) {
                result.add(*world, again, before);
            });
        }
    });
    result.report(name);
}

std::uint64_t seed() {
    const char* given = std::getenv("REHOME_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
}

Effort effort(std::size_t most, std::size_t every = 1) {
    return {.most = most, .every = every, .seed = seed()};
}

}  // namespace

TEST_CASE("a power cut at any moment of an apply or a rollback is recovered", "[power]") {
    cut_once(Ground::one, "apply", nothing, apply_it, effort(500));
    cut_once(Ground::one, "rollback", apply_it, roll_it_back, effort(500));
}

TEST_CASE("a power cut is recovered where there is no exchange", "[power]") {
    cut_once(Ground::plain, "apply without exchange", nothing, apply_it, effort(100));
    cut_once(Ground::plain, "rollback without exchange", apply_it, roll_it_back, effort(100));
}

TEST_CASE("a power cut at any moment of an apply across filesystems is recovered", "[power]") {
    cut_once(Ground::across, "apply across", nothing, apply_it, effort(20, 3));
}

TEST_CASE("a power cut at any moment of a rollback across filesystems is recovered", "[power]") {
    cut_once(Ground::across, "rollback across", apply_it, roll_it_back, effort(20, 3));
}

TEST_CASE("a power cut while the homes become links is recovered", "[power]") {
    cut_once(Ground::linked, "homes as links", nothing, apply_it, effort(40));
    cut_once(Ground::linked, "homes back in place", apply_it, roll_it_back, effort(40));
    cut_once(
        Ground::linked_plain, "homes as links without exchange", nothing, apply_it, effort(20));
    cut_once(Ground::linked_plain,
             "homes back in place without exchange",
             apply_it,
             roll_it_back,
             effort(20));
}

TEST_CASE("a power cut while what was migrated moves on, or comes back, is recovered", "[power]") {
    cut_once(Ground::moved, "moving on", nothing, apply_it, effort(200));
    cut_once(Ground::moved, "coming back from there", apply_it, roll_it_back, effort(200));
}

TEST_CASE("a power cut while a power cut is recovered is recovered", "[power]") {
    cut_twice(Ground::one, "apply, twice", nothing, apply_it, effort(0, 19), effort(0, 7));
    cut_twice(Ground::one, "rollback, twice", apply_it, roll_it_back, effort(0, 19), effort(0, 7));
}

TEST_CASE("a power cut at any moment is recovered: many more states", "[.][sweep][long]") {
    cut_once(Ground::linked, "homes as links", nothing, apply_it, effort(2000));
    cut_once(Ground::linked, "homes back in place", apply_it, roll_it_back, effort(2000));
    cut_once(Ground::one, "apply", nothing, apply_it, effort(20000));
    cut_once(Ground::one, "rollback", apply_it, roll_it_back, effort(20000));
    cut_once(Ground::across, "apply across", nothing, apply_it, effort(2000));
    cut_once(Ground::across, "rollback across", apply_it, roll_it_back, effort(2000));
    cut_twice(Ground::one, "apply, twice", nothing, apply_it, effort(100), effort(0));
    cut_twice(Ground::one, "rollback, twice", apply_it, roll_it_back, effort(100), effort(0));
    cut_twice(
        Ground::across, "apply across, twice", nothing, apply_it, effort(0, 29), effort(0, 29));
    cut_twice(Ground::across,
              "rollback across, twice",
              apply_it,
              roll_it_back,
              effort(0, 29),
              effort(0, 29));
}
