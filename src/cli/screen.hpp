#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "plan/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rehome::cli {

enum class Paint { plain, bold, dim, green, yellow, red, cyan };

// Everything that rehome shows. What was asked for goes to stdout, all else to stderr, in cargo's
// voice: a verb that ends at column 12, `warning:`, `error:`, `help:`. Colour is only for
// terminals.
class Screen {
public:
    enum class Color { automatic, always, never };

    struct Style {
        Color color = Color::automatic;
        bool quiet = false;
        bool verbose = false;
        bool json = false;
    };

    explicit Screen(const Style& style);

    // To stdout.
    void show(std::string_view text) const;
    // One document, pretty, with "schema": 1 in front.
    void show(const base::json::object& document) const;

    // To stderr; left out with --quiet or --json.
    void verb(std::string_view verb, std::string_view what) const;
    void note(std::string_view text) const;
    // To stderr, always.
    void finding(const plan::Finding& finding) const;
    // Warnings first, so that what stops is read last.
    void findings(const std::vector<plan::Finding>& findings) const;
    void error(const base::Error& error) const;

    // Painted for stdout.
    [[nodiscard]] std::string painted(Paint paint, std::string_view text) const;

    [[nodiscard]] bool is_json() const { return style_.json; }

    [[nodiscard]] bool is_quiet() const { return style_.quiet; }

    [[nodiscard]] bool is_verbose() const { return style_.verbose; }

    // Whether a line that changes may be shown on stderr: on a terminal, unless --quiet or --json.
    [[nodiscard]] bool shows_status() const;
    // The one changing line: overwrites the last one; "" removes it.
    void status(std::string_view verb, std::string_view what) const;

    // Asks on the terminal; anything but y or yes is no. Throws Error(usage) naming --yes where
    // there is no terminal to ask on.
    [[nodiscard]] bool confirm(const std::string& question) const;

private:
    Style style_;
    bool paints_out_;
    bool paints_error_;
};

// A path as people write it: "~/.cache/cargo" for what lies in the user's home, one line.
std::string short_path(const std::string& path, const std::string& home);

}  // namespace rehome::cli
