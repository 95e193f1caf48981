#include "base/error.hpp"
#include "base/utf8.hpp"
#include "care/checks.hpp"
#include "care/uninstall.hpp"
#include "cli/commands.hpp"

#include <fmt/format.h>

namespace rehome::cli {

namespace {

const Grammar grammar{
    .name = "uninstall-check",
    .about = "what `rustup self uninstall` would delete or leave behind",
    .operands = "",
    .options = {},
    .details = "Changes nothing. Ends with 6 where it would leave something behind outside of the\n"
               "homes, or delete something there; with 0 where it takes the two homes, no more;\n"
               "with 5 where a journal cannot be read, so that nobody can tell.\n"};

using Paths = std::vector<std::filesystem::path>;

class UninstallText {
public:
    explicit UninstallText(const Machine& machine) : machine_(machine) {}

    std::string make(const care::Uninstall& uninstall) {
        text_ =
            fmt::format("`rustup self uninstall`{}, as things are now:\n",
                        uninstall.rustup ? " of rustup " + rust::to_text(*uninstall.rustup) : "");
        add("deletes", Paint::bold, uninstall.deleted);
        add(uninstall.programs_are_elsewhere
                ? "deletes what is not rustup's own, behind the link bin"
                : "deletes what is not rustup's own",
            uninstall.programs_are_elsewhere ? Paint::red : Paint::bold,
            uninstall.programs);
        add("leaves behind, and nothing leads there any more", Paint::red, uninstall.orphaned);
        if (uninstall.stops_at_bin) {
            text_ += "  fails at bin, which is a link, and leaves CARGO_HOME\n";
        }
        text_ += "\nIn this order nothing is left behind";
        text_ += " (copy first what you want to keep of the homes):\n";
        std::size_t number = 0;
        for (const std::string& command : uninstall.order) {
            text_ += fmt::format("  {}. {}\n", ++number, command);
        }
        return std::move(text_);
    }

private:
    void add(const std::string& heading, Paint paint, const Paths& paths) {
        if (paths.empty()) {
            return;
        }
        text_ += "  " + machine_.screen.painted(paint, heading) + "\n";
        for (const std::filesystem::path& path : paths) {
            text_ += fmt::format("    {}\n", short_path(machine_, path.string()));
        }
    }

    const Machine& machine_;
    std::string text_;
};

base::json::array paths_json(const Paths& paths) {
    base::json::array list;
    for (const std::filesystem::path& path : paths) {
        list.push_back(base::bytes_to_json(path.native()));
    }
    return list;
}

base::json::object to_json(const care::Uninstall& uninstall) {
    base::json::object json{{"command", "uninstall-check"},
                            {"changed", false},
                            {"installed", uninstall.is_installed},
                            {"rustup", nullptr},
                            {"surprises", uninstall.surprises()},
                            {"stops_at_bin", uninstall.stops_at_bin},
                            {"deleted", paths_json(uninstall.deleted)},
                            {"programs", paths_json(uninstall.programs)},
                            {"orphaned", paths_json(uninstall.orphaned)}};
    if (uninstall.rustup) {
        json["rustup"] = rust::to_text(*uninstall.rustup);
    }
    base::json::array order;
    for (const std::string& command : uninstall.order) {
        order.push_back(base::json::value(command));
    }
    json["order"] = std::move(order);
    return json;
}

Exit uninstall_check(const Machine& machine, const Arguments&) {
    const care::Survey survey = care::look_around(machine.fs, {.environment = machine.environment});
    // A journal that cannot be read may tell of more than is seen here.
    if (!survey.damage.empty()) {
        throw survey.damage.front();
    }
    const care::Uninstall uninstall = care::look_at_uninstall(machine.fs, survey);
    if (machine.screen.is_json()) {
        machine.screen.show(to_json(uninstall));
    } else if (!uninstall.is_installed) {
        machine.screen.note(fmt::format(
            "there is no {}: rustup would refuse, and change nothing",
            short_path(machine, survey.home(rust::HomeName::cargo).path / "bin/rustup")));
    } else {
        machine.screen.show(UninstallText(machine).make(uninstall));
    }
    return uninstall.surprises() ? Exit::drift : Exit::done;
}

}  // namespace

Command uninstall_check_command() {
    return {grammar, uninstall_check};
}

}  // namespace rehome::cli
