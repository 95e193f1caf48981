#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "cli/commands.hpp"
#include "layout/lookup.hpp"
#include "scan/scan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

const Grammar grammar{
    .name = "dirs",
    .about = "print each directory, where its path comes from, and whether it is there",
    .operands = "[NAME]",
    .operands_max = 1,
    .options = {{"lookup", '\0', "TABLE", "as the pre-RFC says: rfc, or platform"},
                {"layout", '\0', "STYLE", "xdg, or native (on macOS: ~/Library)"}}};

struct Row {
    std::string name;
    std::optional<std::string> path;
    std::string source;
};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char letter) {
        return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    });
    return text;
}

std::string source_of(const layout::Directory& directory) {
    const std::string_view name = layout::name_of(directory.origin);
    return directory.detail.empty() ? std::string(name)
                                    : fmt::format("{} {}", name, directory.detail);
}

std::vector<Row> rows_of_layout(const Machine& machine, const Arguments& arguments) {
    plan::Request request;
    if (const auto style = arguments.value("layout")) {
        if (*style != "xdg" && *style != "native") {
            throw Error(Kind::usage,
                        fmt::format("--layout {}: it is xdg or native", base::in_quotes(*style)));
        }
        request.wishes.style = *style == "xdg" ? layout::Style::xdg : layout::Style::native;
    }
    const layout::Layout layout = layout::make_layout(
        machine.environment,
        scan::wishes_with_applied(machine.environment, request, read_journals(machine)));
    for (const std::string& warning : layout.warnings) {
        machine.screen.finding({plan::Severity::warn, "ignored_variable", "", warning, ""});
    }
    std::vector<Row> rows;
    for (const rust::HomeName home : rust::home_names) {
        const layout::Directory& directory = layout.homes.at(home);
        rows.push_back(
            {lower(std::string(rust::variable_of(home))), directory.path, source_of(directory)});
        for (const auto& [slot, place] : layout.directories) {
            if (slot.first == home) {
                rows.push_back({lower(layout::variable_of(slot)), place.path, source_of(place)});
            }
        }
    }
    rows.push_back({"rehome_state", layout.state.path, source_of(layout.state)});
    rows.push_back({"rehome_rules", layout.rules.path, source_of(layout.rules)});
    return rows;
}

std::vector<Row> rows_of_lookup(const Machine& machine, const std::string& table) {
    if (table != "rfc" && table != "platform") {
        throw Error(Kind::usage,
                    fmt::format("--lookup {}{}: it is rfc or platform",
                                base::in_quotes(table),
                                base::did_you_mean(table, {"rfc", "platform"})));
    }
    std::vector<Row> rows;
    for (const layout::Found& found : layout::look_up(
             table == "rfc" ? layout::Lookup::rfc : layout::Lookup::platform,
             machine.environment,
             [&](const std::string& path) { return machine.fs.look_through(path).has_value(); })) {
        rows.push_back({found.function, found.path, found.source});
    }
    return rows;
}

// "CARGO_CACHE_HOME", "cargo-cache-home" and "cargo_cache" mean the same.
const Row& row_named(const std::vector<Row>& rows, const std::string& name) {
    std::string wanted = lower(name);
    std::ranges::replace(wanted, '-', '_');
    std::vector<std::string> names;
    for (const Row& row : rows) {
        if (row.name == wanted || row.name == wanted + "_home") {
            return row;
        }
        names.push_back(row.name);
    }
    std::vector<std::string> spellings = names;
    for (const std::string& known : names) {
        spellings.push_back(known.substr(0, known.rfind("_home")));
    }
    throw Error(Kind::usage,
                fmt::format("there is no directory {}{}",
                            base::in_quotes(name),
                            base::did_you_mean(wanted, spellings)),
                fmt::format("the directories are {}", base::listed(names)));
}

bool exists(const Machine& machine, const Row& row) {
    return row.path && machine.fs.look_through(*row.path).has_value();
}

void show_json(const Machine& machine, const std::vector<Row>& rows) {
    base::json::array directories;
    for (const Row& row : rows) {
        base::json::object directory{{"name", row.name}};
        directory["path"] = row.path ? base::bytes_to_json(*row.path) : base::json::value();
        directory["source"] = row.source;
        directory["exists"] = exists(machine, row);
        directories.push_back(std::move(directory));
    }
    machine.screen.show(base::json::object{
        {"command", "dirs"}, {"changed", false}, {"directories", std::move(directories)}});
}

void show_table(const Machine& machine, const std::vector<Row>& rows) {
    std::size_t name_width = 0;
    std::size_t path_width = 0;
    for (const Row& row : rows) {
        name_width = std::max(name_width, row.name.size());
        path_width = std::max(path_width, base::columns(base::printable(row.path.value_or("-"))));
    }
    for (const Row& row : rows) {
        const std::string path = base::printable(row.path.value_or("-"));
        const bool there = exists(machine, row);
        machine.screen.show(fmt::format("{:<{}}  {}{}  {}  {}\n",
                                        row.name,
                                        name_width,
                                        path,
                                        std::string(path_width - base::columns(path), ' '),
                                        machine.screen.painted(there ? Paint::green : Paint::dim,
                                                               there ? "exists " : "missing"),
                                        machine.screen.painted(Paint::dim, row.source)));
    }
}

Exit dirs(const Machine& machine, const Arguments& arguments) {
    const std::optional<std::string> table = arguments.value("lookup");
    std::vector<Row> rows =
        table ? rows_of_lookup(machine, *table) : rows_of_layout(machine, arguments);
    if (!arguments.operands().empty()) {
        const Row row = row_named(rows, arguments.operands().front());
        rows = {row};
        if (!machine.screen.is_json()) {
            if (!row.path) {
                throw Error(Kind::io, fmt::format("the pre-RFC leaves {} to be decided", row.name));
            }
            machine.screen.show(*row.path + "\n");
            return Exit::done;
        }
    }
    if (machine.screen.is_json()) {
        show_json(machine, rows);
    } else {
        show_table(machine, rows);
    }
    return Exit::done;
}

}  // namespace

Command dirs_command() {
    return {grammar, dirs};
}

}  // namespace rehome::cli
