#pragma once

#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace rehome::base {

// What sort of failure an Error is; cli maps each to an exit code (DESIGN: 0 to 6, 130).
enum class Kind {
    usage,        // the command line, a variable, a rule file or a plan file is wrong
    refused,      // the plan has conflicts; nothing was touched
    busy,         // a lock or a running tool did not let go in time
    io,           // the system said no; what was begun has been put back
    attention,    // interrupted, damaged or half undone: somebody has to run resume or rollback
    interrupted,  // Ctrl-C; what was begun has been put back
    bug,          // a broken invariant of rehome itself
};

// A failure that ends the step. what() is one full sentence that names the path or variable.
class Error : public std::exception {
public:
    Error(Kind kind, std::string message, std::optional<std::string> help = std::nullopt);

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

    [[nodiscard]] Kind kind() const { return kind_; }

    // The errno of the call that failed, or 0.
    [[nodiscard]] int code() const { return code_; }

    // Innermost first: "in step 3 (cargo/registry)".
    [[nodiscard]] const std::vector<std::string>& context() const { return context_; }

    [[nodiscard]] const std::optional<std::string>& help() const { return help_; }

    void add_context(std::string text) { context_.push_back(std::move(text)); }

    void set_kind(Kind kind) { kind_ = kind; }

    void set_code(int code) { code_ = code; }

    void set_help(std::string text) { help_ = std::move(text); }

private:
    Kind kind_;
    int code_ = 0;
    std::string message_;
    std::vector<std::string> context_;
    std::optional<std::string> help_;
};

// Throws Error(bug) with the text unless the condition holds; stays on in release builds.
void require(bool condition, const char* text);

}  // namespace rehome::base
