#include "rust/answers.hpp"

#include "base/error.hpp"
#include "os/process.hpp"
#include "rust/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <utility>

namespace rehome::rust {

namespace {

namespace fs = std::filesystem;

// The first rustup that can be told to install nothing (RUSTUP_AUTO_INSTALL; rustup's CHANGELOG).
constexpr Version rustup_that_can_be_held_back{1, 28, 1};

// Its answer is only a list of names.
constexpr const char* harmless_question = "rustup toolchain list";

constexpr const char* all_questions[] = {
    "cargo --version", "rustup show active-toolchain", harmless_question, "rustup which cargo"};

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

}  // namespace

// One look at all that the answers are made from.
struct Tools::Look {
    Sources sources;
    // Also what a move changes: by it a change between two looks is seen even if it was taken back.
    std::vector<std::optional<os::FileInfo>> traces;
};

bool are_comparable(const Sources& one, const Sources& other) {
    return one.settings == other.settings && one.toolchains == other.toolchains &&
           std::ranges::all_of(one.programs, [&](const auto& program) {
               const auto same = other.programs.find(program.first);
               return same == other.programs.end() || same->second == program.second;
           });
}

Tools::Tools(const os::ReadFs& fs, const os::Environment& environment,
             std::filesystem::path cargo_home, std::filesystem::path rustup_home)
    : fs_(fs), environment_(environment), cargo_home_(std::move(cargo_home)),
      rustup_home_(std::move(rustup_home)) {}

fs::path Tools::program(const std::string& name) const {
    return cargo_home_ / "bin" / name;
}

bool Tools::may_run(const fs::path& path) const {
    const std::optional<os::FileInfo> info = fs_.look_through(path);
    return info && info->type == os::FileType::file && (info->mode & 0111U) != 0 &&
           (info->user == environment_.user || info->user == 0);
}

std::vector<std::string> Tools::questions(std::chrono::milliseconds limit) const {
    const std::optional<os::FileInfo> settings = fs_.look_through(rustup_home_ / "settings.toml");
    if (!settings || settings->type != os::FileType::file) {
        return {};
    }
    const bool has_rustup = may_run(program("rustup"));
    const std::optional<Version> version =
        has_rustup ? version_of_program(program("rustup"), limit) : std::nullopt;
    if (!version || *version < rustup_that_can_be_held_back) {
        return has_rustup ? std::vector<std::string>{harmless_question}
                          : std::vector<std::string>{};
    }
    std::vector<std::string> questions;
    for (const char* question : all_questions) {
        if (may_run(program(words_of(question).front()))) {
            questions.emplace_back(question);
        }
    }
    return questions;
}

std::optional<Tools::Look> Tools::look() const {
    try {
        Look look;
        const auto trace = [&](const fs::path& path) {
            return look.traces.emplace_back(fs_.look_through(path));
        };
        const auto add_program = [&](const fs::path& path) {
            if (const std::optional<os::FileInfo> info = trace(path)) {
                look.sources.programs[path.native()] =
                    fmt::format("{} {}", info->size, info->mtime);
            }
        };
        const fs::path settings = rustup_home_ / "settings.toml";
        const fs::path toolchains = rustup_home_ / "toolchains";
        trace(settings);
        trace(toolchains);
        look.sources.settings = fs_.read(settings).value_or("");
        if (const auto directory = fs_.open_if_there(toolchains)) {
            for (const os::Entry& entry : fs_.list(*directory)) {
                look.sources.toolchains.push_back(entry.name);
                add_program(toolchains / entry.name / "bin" / "cargo");
            }
        }
        add_program(program("cargo"));
        add_program(program("rustup"));
        return look;
    } catch (const base::Error&) {
        return std::nullopt;  // it changes under our eyes, or nobody may look at it
    }
}

Answer Tools::ask_one(const std::string& question, std::chrono::milliseconds limit) const {
    std::vector<std::string> words = words_of(question);
    os::Program asked{.path = program(words.front()),
                      .arguments = {words.begin() + 1, words.end()},
                      .variables = environment_.variables,
                      .working_directory = "/",
                      .time_limit = limit};
    asked.variables["CARGO_HOME"] = cargo_home_.native();
    asked.variables["RUSTUP_HOME"] = rustup_home_.native();
    asked.variables["CARGO_NET_OFFLINE"] = "true";
    asked.variables["RUSTUP_AUTO_INSTALL"] = "0";
    const os::Outcome outcome = os::run(asked);
    Answer answer{.question = question, .output = base::digest_of(outcome.output)};
    if (outcome.timed_out) {
        answer.end = Answer::End::late;
    } else if (outcome.started && outcome.exit_code == 0) {
        answer.end = Answer::End::done;
    }
    return answer;
}

Answers Tools::ask(const std::vector<std::string>& questions,
                   std::chrono::milliseconds limit) const {
    using Clock = std::chrono::steady_clock;
    using std::chrono::milliseconds;
    constexpr int tries = 5;
    constexpr milliseconds pause{50};
    const Clock::time_point deadline = Clock::now() + limit;
    Answers answers;
    for (int attempt = 0; attempt < tries && Clock::now() < deadline; ++attempt) {
        if (attempt > 0) {
            std::this_thread::sleep_for(pause);
        }
        answers.all.clear();
        const std::optional<Look> before = look();
        for (const std::string& question : questions) {
            const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
            answers.all.push_back(left.count() > 0 ? ask_one(question, left)
                                                   : Answer{question, Answer::End::late, {}});
        }
        std::optional<Look> after = look();
        if (before && after && before->sources.settings == after->sources.settings &&
            before->traces == after->traces) {
            answers.sources = std::move(after->sources);
            break;
        }
    }
    return answers;
}

}  // namespace rehome::rust
