#include "scan/past.hpp"

#include "plan/place_checks.hpp"

#include <algorithm>

namespace rehome::scan {

namespace {

bool touches(const journal::Journal& journal, const std::filesystem::path& home) {
    return std::ranges::any_of(journal.begin.plan.homes, [&](const plan::PlannedHome& planned) {
        return planned.path == home;
    });
}

// Where the plan's targets are, on which filesystems and in which directories of ours.
void add_places(plan::Past& past, const plan::Plan& plan) {
    for (const plan::PlannedItem& item : plan.items) {
        if (item.fate == plan::Fate::move && item.way == plan::Way::rename) {
            past.filesystems.erase(item.item);
        } else if (item.fate == plan::Fate::move && !item.filesystem.empty()) {
            past.filesystems[item.item] = item.filesystem;
        }
    }
    for (const plan::Step& step : plan.steps) {
        if (const auto* make = std::get_if<plan::MakeDirectory>(&step)) {
            past.made[make->path] = make->mode;
        }
    }
}

}  // namespace

const journal::Journal* in_force(const std::vector<journal::Journal>& journals,
                                 const std::filesystem::path& home) {
    const auto newest =
        std::find_if(journals.rbegin(), journals.rend(), [&](const journal::Journal& journal) {
            return journal.is_in_force() && touches(journal, home);
        });
    return newest == journals.rend() ? nullptr : &*newest;
}

plan::Past past_of(const std::vector<journal::Journal>& journals,
                   const std::filesystem::path& home) {
    plan::Past past;
    if (const journal::Journal* journal = in_force(journals, home)) {
        past.transaction = journal->begin.id;
        past.journal = journal->path;
        past.profile = journal->begin.plan.profile;
        past.program_links = journal->begin.plan.request.program_links;
        for (const plan::PlannedItem& item : journal->begin.plan.items) {
            if (plan::is_placed(item.fate) && item.fate != plan::Fate::in_place &&
                plan::lies_in(item.path, home)) {
                past.applied[item.item] = item.target.string();
            }
        }
    }
    for (const journal::Journal& journal : journals) {
        if (journal.is_in_force() && touches(journal, home)) {
            add_places(past, journal.begin.plan);
        }
        if (journal.is_unfinished() && touches(journal, home)) {
            past.unfinished = journal.begin.id;
            past.journal = journal.path;
        }
    }
    return past;
}

void add_applied(layout::Wishes& wishes, const plan::Plan& plan, rust::HomeName home) {
    for (const plan::UsedDirectory& used : plan.directories) {
        if (used.home == home) {
            wishes.applied[{used.home, used.category}] = used.path;
        }
    }
}

}  // namespace rehome::scan
