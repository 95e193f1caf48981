#include "rust/answers.hpp"

#include "os/process.hpp"
#include "os/scratch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace rehome::rust {

namespace {

struct Question {
    std::string program;
    std::vector<std::string> arguments;
};

const std::vector<Question>& questions() {
    static const std::vector<Question> all{{"cargo", {"--version"}},
                                           {"rustup", {"show", "active-toolchain"}},
                                           {"rustup", {"toolchain", "list"}},
                                           {"rustup", {"which", "cargo"}}};
    return all;
}

}  // namespace

std::vector<Answer> ask_tools(const os::ReadFs& fs, const os::Environment& environment,
                              const std::filesystem::path& cargo_home,
                              const std::filesystem::path& rustup_home) {
    std::vector<Answer> answers;
    if (!fs.look_through(rustup_home / "settings.toml")) {
        return answers;
    }
    const os::Scratch nowhere;
    os::Program program{.path = {},
                        .arguments = {},
                        .variables = environment.variables,
                        .working_directory = nowhere.path()};
    program.variables["CARGO_NET_OFFLINE"] = "true";
    program.variables["RUSTUP_AUTO_INSTALL"] = "0";
    for (const Question& question : questions()) {
        program.path = cargo_home / "bin" / question.program;
        program.arguments = question.arguments;
        const os::Outcome outcome =
            fs.look_through(program.path) ? os::run(program) : os::Outcome{};
        if (outcome.started && !outcome.timed_out) {
            answers.push_back({.command = fmt::format(
                                   "{} {}", question.program, fmt::join(question.arguments, " ")),
                               .exit_code = outcome.exit_code,
                               .output = base::digest_of(outcome.output)});
        }
    }
    return answers;
}

std::vector<std::string> changed_answers(const std::vector<Answer>& before,
                                         const std::vector<Answer>& after) {
    std::vector<std::string> changed;
    for (const Answer& answer : before) {
        const auto now = std::ranges::find(after, answer.command, &Answer::command);
        if (now != after.end() && *now != answer) {
            changed.push_back(answer.command);
        }
    }
    return changed;
}

}  // namespace rehome::rust
