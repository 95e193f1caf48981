#include "cli/plan_file.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "plan/plan_json.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace rehome::cli {

using base::Error;
using base::Kind;

namespace {

std::string text_of(const Machine& machine, const std::string& file) {
    const std::optional<std::string> text = machine.fs.read(file);
    if (!text) {
        throw Error(Kind::usage,
                    fmt::format("--plan {}: there is no such file", base::in_quotes(file)),
                    "make one with `rehome migrate --save-plan FILE`");
    }
    return *text;
}

}  // namespace

plan::Plan read_plan(const Machine& machine, const std::string& file) {
    const std::string where = "the plan file " + base::in_quotes(file);
    const std::string text = text_of(machine, file);
    try {
        const base::json::value value = base::parse_json(text);
        const base::JsonReader reader(value, where);
        if (reader.number("schema") != 1) {
            throw Error(Kind::usage,
                        fmt::format("{} is of another version of rehome", where),
                        "make it again with `rehome migrate --save-plan FILE`");
        }
        return plan::plan_from_json(value, where);
    } catch (Error& error) {
        error.add_context("while reading " + where);
        throw;
    }
}

void save_plan(const Machine& machine, const plan::Plan& plan, const std::string& file) {
    base::json::object document{{"schema", 1}};
    for (auto& [key, value] : plan::to_json(plan)) {
        document[key] = value;
    }
    const std::filesystem::path path = std::filesystem::absolute(file);
    const os::Location at{machine.fs.open(path.parent_path()), path.filename().string()};
    const std::optional<os::FileInfo> old = machine.fs.look(at);
    if (old && old->type != os::FileType::file) {
        throw Error(
            Kind::usage,
            fmt::format("--save-plan {}: that is not a regular file", base::in_quotes(file)),
            "name a new file");
    }
    const os::Location staging{at.directory, at.name + ".rehome-new"};
    machine.fs.remove_file(staging);
    {
        os::AppendFile out = machine.fs.open_for_append(staging, os::Open::create_new);
        machine.fs.append(out, base::pretty_json(document));
    }
    machine.fs.rename_over(staging, at);
    machine.screen.verb("Saved", fmt::format("the plan to {}", base::in_quotes(file)));
}

}  // namespace rehome::cli
