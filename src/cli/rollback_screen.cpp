#include "cli/rollback_screen.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

namespace rehome::cli {

base::json::array items_back(const plan::Plan& plan) {
    base::json::array items;
    for (const plan::Switch* step : plan.switches()) {
        items.push_back(base::json::object{{"item", base::bytes_to_json(step->item)},
                                           {"path", base::bytes_to_json(step->path.native())},
                                           {"target", base::bytes_to_json(step->target.native())}});
    }
    return items;
}

void show_rollback_json(const Machine& machine, const plan::Plan& plan, const std::string& id,
                        bool changed) {
    base::json::object document{{"command", "rollback"}, {"changed", changed}, {"transaction", id}};
    document["items"] = items_back(plan);
    machine.screen.show(document);
}

void show_way_back(const Machine& machine, const plan::Plan& plan) {
    for (const plan::Switch* step : plan.switches()) {
        machine.screen.show(fmt::format("  {} <- {}{}\n",
                                        short_path(machine, step->path),
                                        short_path(machine, step->target),
                                        step->displaces ? ", which gets back what it held" : ""));
    }
    for (const plan::Step& step : plan.steps) {
        if (const auto* link = std::get_if<plan::MakeLink>(&step)) {
            machine.screen.show(
                fmt::format("  {}: the link goes\n", short_path(machine, link->path)));
        } else if (const auto* made = std::get_if<plan::MakeDirectory>(&step);
                   made != nullptr && plan.is_repair()) {
            machine.screen.show(
                fmt::format("  {}: removed if it is empty\n", short_path(machine, made->path)));
        }
    }
}

void report_rollback(const Machine& machine, const plan::Plan& plan, const std::string& id) {
    if (machine.screen.is_json()) {
        return show_rollback_json(machine, plan, id, true);
    }
    std::size_t restored = 0;
    for (const plan::Switch* step : plan.switches()) {
        if (machine.fs.look(step->path)) {
            machine.screen.verb("Restored", short_path(machine, step->path));
            ++restored;
        }
    }
    if (plan.is_repair() || plan.switches().empty()) {
        machine.screen.verb("Finished", fmt::format("transaction {} is undone", id));
        return;
    }
    machine.screen.verb("Finished",
                        fmt::format("{} back at {}",
                                    base::counted(restored, "item"),
                                    restored == 1 ? "its old place" : "their old places"));
}

void warn_of_losses(const Machine& machine, const apply::Losses& losses) {
    std::vector<std::string> names;
    for (const plan::Switch& step : losses.unmounted) {
        machine.screen.finding(
            {plan::Severity::warn,
             "not_mounted",
             step.item,
             fmt::format("the filesystem of {} is not mounted: what is there of {} stays there",
                         base::in_quotes(step.target.native()),
                         step.item),
             "mount it first, or bring back yourself what you need of it"});
    }
    for (const plan::Switch& step : losses.purged) {
        names.push_back(step.item);
    }
    if (!names.empty()) {
        machine.screen.finding(
            {plan::Severity::warn,
             "purged",
             "",
             fmt::format("nothing is left to put back of {}", base::listed(names)),
             "cargo and rustup make it again when they need it"});
    }
}

void warn_of_changes(const Machine& machine, const std::vector<std::string>& changes) {
    if (!changes.empty()) {
        machine.screen.finding({plan::Severity::warn,
                                "answers_changed",
                                "",
                                fmt::format("with the items back {}", base::listed(changes)),
                                "something may have come to depend on the moved home; `rehome "
                                "migrate --apply` moves it again"});
    }
}

}  // namespace rehome::cli
