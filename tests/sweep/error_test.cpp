// Each changing call that rehome makes fails once, or fails from there on (a disk that is full
// stays full), or writes half. What the exit code says has to be so:
//   0    it is done: finished, or for a rollback original
//   1    it failed and everything was put back: nothing is left of it, and a message says why; or a
//        recovery could not begin, and can be run again
//   5    the message names the command that goes on, and that command leads to an end
// and at no time an item is out of reach at its old path.
#include "sweep/subjects.hpp"
#include "sweep/sweep.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

using namespace rehome::sweep;

namespace {

constexpr std::array codes = {EIO, ENOSPC, EDQUOT, EACCES, EROFS, EINTR, EMFILE, EXDEV, EOPNOTSUPP};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string text_of(const Strike& strike) {
    std::string code = strike.code == 0 ? "" : std::strerror(strike.code);
    switch (strike.what) {
        case Strike::What::error: return code;
        case Strike::What::error_since: return code + " from there on";
        case Strike::What::cut: return code.empty() ? "half is written" : "half, then " + code;
        default: return "";
    }
}

// What was kept and named is no leftover, wherever it is.
std::string without_kept(const std::string& differences, const std::string& told) {
    std::string rest;
    std::size_t begin = 0;
    for (std::size_t end = 0; begin < differences.size(); begin = end + 1) {
        end = differences.find('\n', begin);
        const std::string line = differences.substr(begin, end - begin);
        const bool is_new = line.ends_with("': a new directory") || line.ends_with("': a new file");
        if (!contains(told, "Kept") || !is_new) {
            rest += line + "\n";
        }
    }
    return rest;
}

// What the exit code promises; adds to `wrong` where that is not so.
End judge(const Scene& scene, const WatchedRun& run, const rehome::support::Snapshot& finished,
          std::string& story, std::string& wrong) {
    const std::string told = run.ended.out + run.ended.err;
    const int code = run.ended.exit_code;
    wrong += scene.unreachable();
    if (code != 0 && !contains(run.ended.err, "error: ")) {
        wrong += "no message\n";
    }
    if (code == 0 || code == 1) {
        std::string unlike;
        const End end = end_of(scene, finished, unlike);
        wrong += without_kept(unlike, told);
        return end == End::other ? (scene.stage() == "committed" ? End::finished : End::original)
                                 : end;
    }
    if (code != 5) {
        wrong += "that exit code does not belong here\n";
        return End::other;
    }
    const bool to_resume = contains(run.ended.err, "rehome resume");
    if (!to_resume && !contains(run.ended.err, "rehome rollback")) {
        wrong += "the message does not name the next command\n";
    }
    const WatchedRun next = run_watched(to_resume ? scene.resume() : scene.rollback());
    story += fmt::format("then the next command: exit {}: {}{}",
                         next.ended.exit_code,
                         next.ended.out,
                         next.ended.err);
    if (next.ended.exit_code != 0) {
        wrong += "the next command did not end with 0\n";
    }
    std::string unlike;
    const End end = end_of(scene, finished, unlike);
    wrong += without_kept(unlike, told + next.ended.out + next.ended.err);
    return end == End::other ? (scene.stage() == "committed" ? End::finished : End::original) : end;
}

Outcome strike_at(const Subject& subject, const Strike& strike,
                  const rehome::support::Snapshot& finished) {
    const Scene scene(subject.ground, subject.sample);
    subject.prepare(scene);
    const WatchedRun run = scene.run(subject.act(scene), strike);
    std::string story = fmt::format("{}, {}, {} at {}\nexit {}: {}{}",
                                    name_of(subject.ground),
                                    subject.name,
                                    text_of(strike),
                                    run.call_text(strike.call),
                                    run.ended.exit_code,
                                    run.ended.out,
                                    run.ended.err);
    std::string wrong;
    Outcome outcome{.has_struck = run.has_struck};
    outcome.end = judge(scene, run, finished, story, wrong);
    if (outcome.end == End::finished) {
        const WatchedRun back = run_watched(scene.rollback());
        const std::string told = back.ended.out + back.ended.err;
        story += fmt::format("then rollback: exit {}: {}", back.ended.exit_code, told);
        if (back.ended.exit_code != 0) {
            wrong += "that did not end with 0\n";
        }
        wrong += without_kept(scene.unlike_original(), told) + scene.state_left_over();
    }
    if (!wrong.empty()) {
        outcome.end = End::other;
        outcome.story = story + wrong;
    }
    return outcome;
}

// An apply that was killed when half of its calls were made.
Subject resume_on(Ground ground, const Subject& apply) {
    const std::size_t half = calls_of(apply).size() / 2;
    return {.name = "resume",
            .ground = ground,
            .prepare =
                [half](const Scene& scene) {
                    (void)scene.run(scene.apply(), {.what = Strike::What::kill, .call = half});
                },
            .act = [](const Scene& scene) { return scene.resume(); }};
}

std::vector<Subject> failing_subjects(Ground ground) {
    const Subject apply{
        .name = "apply", .ground = ground, .act = [](const Scene& scene) { return scene.apply(); }};
    const Subject back{.name = "rollback",
                       .ground = ground,
                       .prepare = applied,
                       .act = [](const Scene& scene) { return scene.rollback(); }};
    return {apply, back, resume_on(ground, apply)};
}

// Where it does not, the next call that it concerns is the same point.
bool concerns(const Strike& strike, std::string_view call) {
    switch (strike.what) {
        case Strike::What::error_since: return !is_of_space(strike.code) || needs_space(call);
        case Strike::What::cut: return call == "write" || call == "pwrite64";
        default: return true;
    }
}

// Of the pairs of a call and a strike every `stride`-th, in an order that gives each call several
// strikes and each strike calls of all kinds.
void sweep_errors(Ground ground, const std::vector<Strike>& strikes, std::size_t stride,
                  const std::string& name) {
    const auto finished = finished_form(ground);
    Tally all;
    for (const Subject& subject : failing_subjects(ground)) {
        const std::vector<std::string_view> calls = calls_of(subject);
        std::vector<Strike> points;
        for (std::size_t call = 1; call <= calls.size(); ++call) {
            for (std::size_t i = 0; i < strikes.size(); ++i) {
                if ((call + i) % stride == 0 && concerns(strikes[i], calls[call - 1])) {
                    points.push_back({strikes[i].what, call, strikes[i].code});
                }
            }
        }
        const Tally tally = for_each_point(points.size(), [&](std::size_t point) {
            return strike_at(subject, points[point - 1], finished);
        });
        fmt::print("  {}: {}\n", subject.name, tally.text());
        all += tally;
    }
    report(fmt::format("{}, {}, one of {}", name, name_of(ground), stride), all);
}

std::vector<Strike> errors() {
    std::vector<Strike> strikes;
    for (const int code : codes) {
        strikes.push_back({.what = Strike::What::error, .code = code});
    }
    return strikes;
}

void sweep_all_errors(Ground ground, std::size_t stride) {
    if (!is_skipped(ground)) {
        sweep_errors(ground, errors(), stride, "failing calls");
    }
}

void sweep_lasting_errors(Ground ground, std::size_t stride) {
    std::vector<Strike> strikes;
    for (const int code : {ENOSPC, EDQUOT, EROFS, EIO}) {
        strikes.push_back({.what = Strike::What::error_since, .code = code});
    }
    if (!is_skipped(ground)) {
        sweep_errors(ground, strikes, stride, "calls that go on to fail");
    }
}

}  // namespace

TEST_CASE("a call of rehome that fails on one filesystem leaves what the exit code says",
          "[sweep]") {
    sweep_all_errors(Ground::one, 4);
}

TEST_CASE("a call of rehome that fails across filesystems leaves what the exit code says",
          "[sweep]") {
    sweep_all_errors(Ground::across, 13);
}

TEST_CASE("a call of rehome that fails while what it has moved moves on leaves what the code says",
          "[sweep]") {
    sweep_all_errors(Ground::moved, 9);
}

TEST_CASE("a call of rehome that fails while the homes become links leaves what the code says",
          "[sweep]") {
    sweep_all_errors(Ground::linked, 9);
}

TEST_CASE("calls of rehome that go on to fail leave what the exit code says", "[sweep]") {
    sweep_lasting_errors(Ground::one, 5);
    sweep_lasting_errors(Ground::mixed, 7);
    sweep_lasting_errors(Ground::moved, 2);
    sweep_lasting_errors(Ground::linked, 9);
}

TEST_CASE("a write of rehome that is cut short is written on or put back", "[sweep]") {
    for (const Ground ground : {Ground::one, Ground::across}) {
        if (is_skipped(ground)) {
            return;
        }
        sweep_errors(ground,
                     {{.what = Strike::What::cut}, {.what = Strike::What::cut, .code = ENOSPC}},
                     1,
                     "writes cut short");
    }
}

TEST_CASE("every error at every call of rehome leaves what the exit code says",
          "[.][sweep][long]") {
    for (const Ground ground :
         {Ground::one, Ground::across, Ground::mixed, Ground::moved, Ground::linked}) {
        sweep_all_errors(ground, 1);
        sweep_lasting_errors(ground, 1);
    }
}
