#include "cli/screen.hpp"

#include "base/utf8.hpp"
#include "os/environment.hpp"
#include "os/terminal.hpp"

#include <fmt/format.h>

#include <utility>

namespace rehome::cli {

namespace {

std::string_view code_of(Paint paint) {
    switch (paint) {
        case Paint::bold: return "1";
        case Paint::dim: return "2";
        case Paint::green: return "1;32";
        case Paint::yellow: return "1;33";
        case Paint::red: return "1;31";
        case Paint::cyan: return "36";
        case Paint::plain: break;
    }
    return "0";
}

std::string paint_text(bool paints, Paint paint, std::string_view text) {
    return paints && paint != Paint::plain ? fmt::format("\x1b[{}m{}\x1b[0m", code_of(paint), text)
                                           : std::string(text);
}

// NO_COLOR (no-color.org) and CLICOLOR_FORCE (bixense.com/clicolors); the option wins over both.
bool paints(Screen::Color color, os::Stream stream) {
    if (color != Screen::Color::automatic) {
        return color == Screen::Color::always;
    }
    const os::Environment environment = os::current_environment();
    if (environment.variable("NO_COLOR") || environment.variable("TERM") == "dumb") {
        return false;
    }
    return environment.variable("CLICOLOR_FORCE").value_or("0") != "0" || os::is_terminal(stream);
}

void write_error(std::string text) {
    text += '\n';
    os::write(os::Stream::error, text);
}

}  // namespace

Screen::Screen(const Style& style)
    : style_(style), paints_out_(paints(style.color, os::Stream::out)),
      paints_error_(paints(style.color, os::Stream::error)) {}

void Screen::show(std::string_view text) const {
    os::write(os::Stream::out, text);
}

void Screen::show(const base::json::object& document) const {
    base::json::object whole{{"schema", 1}};
    for (const auto& [key, value] : document) {
        whole[key] = value;
    }
    os::write(os::Stream::out, base::pretty_json(whole));
}

void Screen::verb(std::string_view verb, std::string_view what) const {
    if (!style_.quiet && !style_.json) {
        const std::string aligned = fmt::format("{:>12}", verb);
        write_error(paint_text(paints_error_, Paint::green, aligned) + " " + std::string(what));
    }
}

void Screen::note(std::string_view text) const {
    if (!style_.quiet && !style_.json) {
        write_error(std::string(text));
    }
}

void Screen::findings(const std::vector<plan::Finding>& findings) const {
    for (const plan::Severity severity : {plan::Severity::warn, plan::Severity::stop}) {
        for (const plan::Finding& one : findings) {
            if (one.severity == severity) {
                finding(one);
            }
        }
    }
}

void Screen::finding(const plan::Finding& finding) const {
    const bool stop = finding.severity == plan::Severity::stop;
    std::string text =
        paint_text(paints_error_, stop ? Paint::red : Paint::yellow, stop ? "error" : "warning") +
        ": " + finding.text;
    if (!finding.help.empty()) {
        text += "\n" + paint_text(paints_error_, Paint::cyan, "  help") + ": " + finding.help;
    }
    write_error(std::move(text));
}

void Screen::error(const base::Error& error) const {
    if (style_.json) {
        base::json::object document{{"schema", 1}, {"error", base::bytes_to_json(error.what())}};
        document["help"] = base::bytes_to_json(error.help().value_or(""));
        write_error(base::json::serialize(document));
        return;
    }
    std::string text = paint_text(paints_error_, Paint::red, "error") + ": " + error.what();
    for (const std::string& context : error.context()) {
        text += "\n  " + context;
    }
    if (error.help()) {
        text += "\n" + paint_text(paints_error_, Paint::cyan, "  help") + ": " + *error.help();
    }
    write_error(std::move(text));
}

bool Screen::shows_status() const {
    return !style_.quiet && !style_.json && os::is_terminal(os::Stream::error);
}

void Screen::status(std::string_view verb, std::string_view what) const {
    constexpr const char* to_line_start = "\r\x1b[K";
    if (what.empty()) {
        return os::write(os::Stream::error, to_line_start);
    }
    // A line that wraps could not be overwritten.
    const std::size_t width = static_cast<std::size_t>(os::terminal_width().value_or(80));
    const std::string aligned = fmt::format("{:>12}", verb);
    const std::size_t room = width > aligned.size() + 2 ? width - aligned.size() - 2 : 0;
    os::write(os::Stream::error,
              to_line_start + paint_text(paints_error_, Paint::cyan, aligned) + " " +
                  std::string(base::cut(what, room)));
}

std::string Screen::painted(Paint paint, std::string_view text) const {
    return paint_text(paints_out_, paint, text);
}

bool Screen::confirm(const std::string& question) const {
    if (!os::is_terminal(os::Stream::in) || !os::is_terminal(os::Stream::error)) {
        throw base::Error(base::Kind::usage,
                          "there is no terminal on which to ask for your consent",
                          "pass --yes to go on without a question");
    }
    os::write(os::Stream::error, question + " [y/N] ");
    const std::string answer = os::read_line().value_or("");
    return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

std::string short_path(const std::string& path, const std::string& home) {
    if (!home.empty() && home != "/" && path.starts_with(home) &&
        (path.size() == home.size() || path[home.size()] == '/')) {
        return "~" + base::printable(path.substr(home.size()));
    }
    return base::printable(path);
}

}  // namespace rehome::cli
