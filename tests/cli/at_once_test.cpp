// Many rehomes on one home at the same time: each ends with a code that help lists, and together
// they leave the home as it was or as one apply leaves it.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace rehome::cli_tests;
using namespace rehome::support;

namespace {

constexpr int many = 8;

using Codes = std::map<int, int>;  // how many ended with which code

std::vector<CommandResult> at_once(const std::vector<Command>& commands) {
    std::vector<std::unique_ptr<RunningCommand>> running;
    for (const Command& command : commands) {
        running.push_back(std::make_unique<RunningCommand>(command));
    }
    std::vector<CommandResult> results;
    for (const auto& one : running) {
        results.push_back(one->wait());
    }
    return results;
}

std::string told(const std::vector<CommandResult>& results) {
    std::string text;
    for (const CommandResult& result : results) {
        text += fmt::format("[{}, signal {}]\n{}\n", result.exit_code, result.signal, result.err);
    }
    return text;
}

// How often `part` is in what `rehome history` says.
template <typename Home>
int in_history(const Home& home, const std::string& part) {
    const CommandResult history = home.run({"history"});
    CHECK(history.exit_code == 0);
    int count = 0;
    for (std::size_t at = 0; (at = history.out.find(part, at)) != std::string::npos; ++at) {
        ++count;
    }
    return count;
}

// Eight that apply, then eight that go back, `rounds` times. A finished home is nothing to do (0),
// and one that has changed since the plan was made is a conflict (3).
template <typename Home>
void check_many(const Home& home, const Command& apply, const Command& rollback, int rounds) {
    const Snapshot original = home.snapshot();
    Codes there;
    for (int round = 1; round <= rounds; ++round) {
        const auto applied = at_once(std::vector<Command>(many, apply));
        INFO(told(applied));
        for (const CommandResult& result : applied) {
            CHECK((result.exit_code == 0 || result.exit_code == 3));
            ++there[result.exit_code];
        }
        CHECK(std::ranges::count_if(applied, [](const CommandResult& result) {
                  return contains(result.err, "Finished transaction");
              }) == 1);
        CHECK(in_history(home, "applied") == 1);

        const auto undone = at_once(std::vector<Command>(many, rollback));
        INFO(told(undone));
        for (const CommandResult& result : undone) {
            CHECK(result.exit_code == 0);
        }
        CHECK(in_history(home, "rolled back") == round);
        CHECK(in_history(home, " of ") == round);
        REQUIRE(difference(original, home.snapshot()) == "");
    }
    fmt::print("{} rounds of {} at once: {} applies refused\n", rounds, many, there[3]);
}

// What else may be asked meanwhile, and the codes that it may end with: an unfinished transaction
// of others is a conflict (3), and who looks before he has the lock may find a thing gone a moment
// later (1: nothing was changed).
struct Question {
    std::vector<std::string> arguments;
    std::vector<int> codes;
};

const std::vector<Question>& questions() {
    static const std::vector<Question> questions = {
        {{"migrate", "--apply", "--yes"}, {0, 1, 3, 4}},
        {{"migrate", "--apply", "--yes", "--wait", "0"}, {0, 1, 3, 4}},
        {{"rollback", "--yes"}, {0, 1, 4}},
        {{"rollback", "--yes", "--wait", "0"}, {0, 1, 4}},
        {{"resume"}, {0, 4}},
        {{"resume", "--wait", "0"}, {0, 4}},
        {{"migrate"}, {0, 1, 3}},
        {{"migrate", "--json"}, {0, 1, 3}},
        {{"rollback", "--dry-run"}, {0, 1}},
        {{"print-env", "bash"}, {0}},
        {{"history"}, {0}},
        {{"dirs"}, {0}},
    };
    return questions;
}

}  // namespace

TEST_CASE("of eight rehomes at once one applies, and eight go back as one", "[cli]") {
    const NearHome home;
    check_many(home,
               home.command({"migrate", "--apply", "--yes"}),
               home.command({"rollback", "--yes"}),
               6);
}

TEST_CASE("of eight rehomes that would copy one applies, and eight go back as one",
          "[cli][across]") {
    const auto home = far_home_or_skip(Filesystem::tmpfs);
    if (home) {
        check_many(*home, home->migration(), home->command({"rollback", "--yes"}), 4);
    }
}

TEST_CASE("whatever is asked of a home that others move, the answer is a known one", "[cli]") {
    constexpr int rounds = 25;
    const NearHome home;
    const Snapshot original = home.snapshot();
    std::minstd_rand random(1);
    Codes all;
    for (int round = 0; round < rounds; ++round) {
        std::vector<Question> asked = questions();
        std::ranges::shuffle(asked, random);
        std::vector<Command> commands;
        for (const Question& question : asked) {
            commands.push_back(home.command(question.arguments));
        }
        const auto answers = at_once(commands);
        for (std::size_t index = 0; index < answers.size(); ++index) {
            const CommandResult& answer = answers[index];
            INFO(fmt::format("{} ended with {}, signal {}\n{}",
                             fmt::join(asked[index].arguments, " "),
                             answer.exit_code,
                             answer.signal,
                             answer.err));
            CHECK(std::ranges::count(asked[index].codes, answer.exit_code) == 1);
            ++all[answer.exit_code];
        }
        CHECK(in_history(home, "interrupted") == 0);
        if (in_history(home, "applied") == 0) {
            REQUIRE(difference(original, home.snapshot()) == "");
        } else {
            REQUIRE(std::filesystem::is_symlink(home / ".cargo/registry"));
        }
    }
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(original, home.snapshot()) == "");
    fmt::print("{} rounds:", rounds);
    for (const auto& [code, count] : all) {
        fmt::print(" {} ended with {};", count, code);
    }
    fmt::print("\n");
}

// A killed one leaves work that those who come next refuse to pass over (3) or finish; `rollback`
// and `resume` may meet it half done by others.
TEST_CASE("rehomes that are killed among others leave nothing that resume does not finish",
          "[cli]") {
    int rounds = 0;
    const NearHome home;
    const Snapshot original = home.snapshot();
    std::minstd_rand random(2);
    int killed = 0;
    // A machine may be so fast that most have ended when they are to be killed.
    for (; rounds < 25 || (killed == 0 && rounds < 500); ++rounds) {
        std::vector<std::unique_ptr<RunningCommand>> running;
        for (int index = 0; index < many; ++index) {
            const auto words = index % 4 == 3 ? std::vector<std::string>{"resume"}
                               : index % 2 == 0
                                   ? std::vector<std::string>{"migrate", "--apply", "--yes"}
                                   : std::vector<std::string>{"rollback", "--yes"};
            running.push_back(std::make_unique<RunningCommand>(home.command(words)));
        }
        for (const std::size_t victim : {0U, 1U, 2U}) {
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 16));
            running[victim]->send_signal(SIGKILL);
        }
        for (const auto& one : running) {
            const CommandResult result = one->wait();
            INFO(result.err);
            killed += result.signal == SIGKILL ? 1 : 0;
            const std::array known = {0, 1, 3, 4, 5};
            CHECK((result.signal == SIGKILL || std::ranges::count(known, result.exit_code) == 1));
        }
        const CommandResult resumed = home.run({"resume"});
        INFO(resumed.err);
        REQUIRE(resumed.exit_code == 0);
        REQUIRE(in_history(home, "interrupted") == 0);
        if (in_history(home, "applied") == 0) {
            REQUIRE(difference(original, home.snapshot()) == "");
        }
    }
    CHECK(home.run({"rollback", "--yes"}).exit_code == 0);
    CHECK(difference(original, home.snapshot()) == "");
    CHECK(killed > 0);
    fmt::print("{} rounds, {} killed\n", rounds, killed);
}
