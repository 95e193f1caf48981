#include "apply/health.hpp"

#include "base/error.hpp"
#include "base/word.hpp"
#include "layout/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace rehome::apply {

namespace {

using journal::AnswerRecord;
using journal::Verdict;
using rust::Answer;

constexpr std::chrono::milliseconds limit_of_version{2000};
constexpr std::chrono::milliseconds limit_before{3000};
constexpr std::chrono::milliseconds limit_after{2400};  // twice
constexpr std::chrono::milliseconds pause{100};

bool is_change(const AnswerRecord& record) {
    return record.verdict == Verdict::changed || record.verdict == Verdict::failed;
}

// Of a question that was answered before.
AnswerRecord compared(const Answer& before, const Answer& after, bool is_comparable) {
    AnswerRecord record{.question = before.question,
                        .before = base::to_hex(before.output),
                        .after = after.end == Answer::End::done ? base::to_hex(after.output) : ""};
    if (!is_comparable || after.end == Answer::End::late) {
        record.verdict = Verdict::incomparable;
    } else if (after.end == Answer::End::failed) {
        record.verdict = Verdict::failed;
    } else {
        record.verdict = before.output == after.output ? Verdict::same : Verdict::changed;
    }
    return record;
}

}  // namespace

Health::Health(const Context& context, const plan::Plan& plan) {
    if (context.environment == nullptr) {
        return;
    }
    const layout::Layout layout = layout::make_layout(*context.environment, {});
    const auto path_of = [&](rust::HomeName name) -> std::filesystem::path {
        const auto planned = std::ranges::find(plan.homes, name, &plan::PlannedHome::name);
        return planned != plan.homes.end() ? planned->path
                                           : std::filesystem::path(layout.homes.at(name).path);
    };
    tools_.emplace(context.fs,
                   *context.environment,
                   path_of(rust::HomeName::cargo),
                   path_of(rust::HomeName::rustup));
}

void Health::ask_before() {
    if (tools_) {
        before_ = tools_->ask(tools_->questions(limit_of_version), limit_before);
    }
}

const std::vector<AnswerRecord>& Health::ask_after() {
    if (!found_) {
        found_ = compare(limit_after);
        if (std::ranges::any_of(*found_, is_change)) {
            // What has written there at that moment has another one to finish.
            std::this_thread::sleep_for(pause);
            const std::vector<AnswerRecord> first = *std::exchange(found_, compare(limit_after));
            for (AnswerRecord& record : *found_) {
                const bool is_settled = std::ranges::find(first, record) != first.end();
                if (is_change(record) && !is_settled) {
                    record.verdict = Verdict::incomparable;  // it answers otherwise each time
                }
            }
        }
    }
    return *found_;
}

std::vector<AnswerRecord> Health::compare(std::chrono::milliseconds limit) const {
    if (!before_) {
        return {};
    }
    std::vector<std::string> answered;
    for (const Answer& answer : before_->all) {
        if (before_->sources && answer.end == Answer::End::done) {
            answered.push_back(answer.question);
        }
    }
    const rust::Answers after = answered.empty() ? rust::Answers{} : tools_->ask(answered, limit);
    const bool are_comparable = before_->sources && after.sources &&
                                rust::are_comparable(*before_->sources, *after.sources);
    std::vector<AnswerRecord> records;
    for (const Answer& answer : before_->all) {
        const auto now = std::ranges::find(after.all, answer.question, &Answer::question);
        if (answer.end != Answer::End::done) {
            records.push_back({.question = answer.question, .verdict = Verdict::unanswered});
        } else if (now == after.all.end()) {
            records.push_back({.question = answer.question, .verdict = Verdict::incomparable});
        } else {
            records.push_back(compared(answer, *now, are_comparable));
        }
    }
    return records;
}

std::vector<std::string> Health::changes() {
    std::vector<std::string> changes;
    for (const AnswerRecord& record : ask_after()) {
        if (is_change(record)) {
            changes.push_back(
                fmt::format("'{}' {}",
                            record.question,
                            record.verdict == Verdict::failed ? "fails" : "answers differently"));
        }
    }
    return changes;
}

void Health::require_same() {
    const std::vector<std::string> found = changes();
    if (!found.empty()) {
        throw base::Error(base::Kind::io,
                          fmt::format("with the items moved {}", base::listed(found)),
                          "what it depends on can stay where it is, with --exclude: look at links "
                          "and wrappers in bin and toolchains that lead by relative paths");
    }
}

}  // namespace rehome::apply
