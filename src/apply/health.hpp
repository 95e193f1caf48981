#pragma once

#include "apply/session.hpp"
#include "journal/record.hpp"
#include "plan/plan.hpp"
#include "rust/answers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rehome::apply {

// Whether cargo and rustup answer after a switch as they did before it. Where what they answer from
// has changed meanwhile, by a rustup at work, nothing is told from the answers; nor from a question
// that had no answer before, or that is answered otherwise each time. Takes no lock, and no more
// than 10 s in all.
class Health {
public:
    Health(const Context& context, const plan::Plan& plan);

    // Does nothing where the context has no environment.
    void ask_before();

    // Asks the same again, where anything was asked: once, later calls tell what was found then.
    const std::vector<journal::AnswerRecord>& ask_after();

    // Asks as well. "'rustup which cargo' fails", or that it answers differently, of each question
    // that was answered before as it is not now.
    std::vector<std::string> changes();

    // Asks as well. Throws Error(io) with the changes.
    void require_same();

private:
    [[nodiscard]] std::vector<journal::AnswerRecord> compare(std::chrono::milliseconds limit) const;

    std::optional<rust::Tools> tools_;
    std::optional<rust::Answers> before_;
    std::optional<std::vector<journal::AnswerRecord>> found_;
};

}  // namespace rehome::apply
