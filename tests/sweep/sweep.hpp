#pragma once

#include "support/snapshot.hpp"
#include "sweep/scene.hpp"
#include "sweep/watched_run.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::sweep {

enum class Way { back, on };  // `rollback`, or `resume`

enum class End { original, finished, other };

// What became of one point of a sweep.
struct Outcome {
    bool has_struck = false;
    End end = End::other;
    std::string story = {};  // of an `other`: the point, what was run, and what is wrong
};

struct Tally {
    std::size_t points = 0;
    std::size_t struck = 0;
    std::size_t original = 0;
    std::size_t finished = 0;
    std::vector<std::string> others;

    void add(Outcome outcome);
    Tally& operator+=(const Tally& more);

    // "120 points, 120 struck, 80 ended original, 40 ended finished, 0 other"
    [[nodiscard]] std::string text() const;
    // The first of the stories.
    [[nodiscard]] std::string stories() const;
};

using OutcomeOf = std::function<Outcome(std::size_t point)>;

// The outcome of each number from 1 to `points`, on all processors.
Tally for_each_point(std::size_t points, const OutcomeOf& outcome);

// The same, where each thread asks for the points that it takes in a way of its own. The threads
// are new ones, and all have what they ask before the first asks for a point.
Tally for_each_point_apart(std::size_t points, const std::function<OutcomeOf()>& outcome_of_thread);

// What is done to a new scene before the run that is struck.
using Prepare = std::function<void(const Scene&)>;
// The run that is struck.
using Act = std::function<support::Command(const Scene&)>;

struct Subject {
    std::string name;
    Ground ground = Ground::one;
    const char* sample = "minimal";
    Prepare prepare = [](const Scene&) {};
    Act act = {};
};

support::Command command_of(const Scene& scene, Way way);

// The changing calls of its run when nothing strikes, by name.
std::vector<std::string_view> calls_of(const Subject& subject, const Site& site = {});

// What a finished apply looks like on that ground (Scene::form).
support::Snapshot finished_form(Ground ground, const char* sample = "minimal",
                                const Site& site = {});

// Where the scene stands by its newest journal, if it really stands there. Else `wrong` tells why
// not and the answer is `other`.
End end_of(const Scene& scene, const support::Snapshot& finished, std::string& wrong);

// After a kill: every item can be reached; then the command of `way` ends with 0, and with the
// original or the finished state; from the latter `rollback` leads to the original. Adds what is
// wrong to the story.
Outcome recovered(const Scene& scene, Way way, const support::Snapshot& finished,
                  std::string story);

// Prints the tally under this name, and CHECKs that each point struck and none ended `other`.
void report(const std::string& name, const Tally& tally);

// Prints SKIPPED and the reason where a sweep on that ground cannot run; then answers true.
bool is_skipped(Ground ground);

}  // namespace rehome::sweep
