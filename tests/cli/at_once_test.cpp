// Many rehomes on one home at the same time: each ends with a code that help lists, and together
// they leave the home as it was or as one apply leaves it.
#include "cli/far_home.hpp"
#include "cli/near_home.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

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
