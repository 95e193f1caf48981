#include "apply/losses.hpp"

#include "apply/copy_job.hpp"
#include "apply/copy_sight.hpp"
#include "apply/former_target.hpp"
#include "apply/item_state.hpp"
#include "apply/session.hpp"
#include "apply/target_mounts.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "journal/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

namespace rehome::apply {

namespace {

enum class Rest { nothing, part, whole };

// What is left at home of a copied item whose target is gone: its original, or a copy that an
// earlier run has brought back.
Rest rest_at_home(const os::ReadFs& fs, const journal::Journal& journal, const Places& places,
                  std::size_t number) {
    using journal::Direction;
    if (places.step->way == plan::Way::rename || !places.home) {
        return Rest::nothing;
    }
    const CopySight sight = see(fs, places);
    const bool original = sight.aside == At::thing || sight.returning == At::thing;
    if (!original && sight.coming != At::thing) {
        return Rest::nothing;
    }
    const Direction direction = original ? Direction::forward : Direction::back;
    const auto manifest = tree::Manifest::open(journal.path.parent_path() /
                                               journal::manifest_name(number, direction));
    if (!manifest) {
        return original ? Rest::whole : Rest::part;
    }
    const std::string& name = sight.returning == At::thing ? places.returning
                              : original                   ? places.aside
                                                           : places.staging;
    const Lack lack = lack_of(fs, beside(*places.home, name), *manifest, 1);
    return lack.names == 0 ? Rest::whole : Rest::part;
}

void require_data(const os::ReadFs& fs, const journal::Journal& journal) {
    std::vector<std::string> names;
    for (const plan::Switch& step : losses_of(fs, journal).missing) {
        names.push_back(fmt::format("{} at {}", step.item, base::in_quotes(step.target.native())));
    }
    if (!names.empty()) {
        throw base::Error(base::Kind::attention,
                          fmt::format("missing: {}. Nothing was changed", base::listed(names)),
                          "bring them back (a mount, a backup), or go back without them: rehome "
                          "rollback --force");
    }
}

}  // namespace

Losses losses_of(const os::ReadFs& fs, const journal::Journal& journal) {
    Losses losses;
    if (journal.stage == journal::Stage::rolled_back || journal.stage == journal::Stage::closed) {
        return losses;
    }
    const std::vector<Places> all = open_all(fs, journal.begin.plan, journal.begin.id);
    for (std::size_t index = 0; index < all.size(); ++index) {
        const Places& one = all[index];
        const ItemState state = state_of(fs, one);
        const bool copied = one.step->way != plan::Way::rename;
        const bool away = copied && !is_target_mounted(fs, journal, one);
        const bool was_there = journal.was_committed && see(fs, one).home != At::thing;
        if (away && was_there) {
            losses.unmounted.push_back(*one.step);
        }
        if (state != ItemState::purged && state != ItemState::gone) {
            continue;
        }
        const Rest rest = rest_at_home(fs, journal, one, index + 1);
        if (rest == Rest::nothing && !away) {
            losses.purged.push_back(*one.step);
        }
        if (rest != Rest::whole && !one.step->regenerable) {
            losses.missing.push_back(*one.step);
        }
    }
    return losses;
}

void require_way_back(const os::ReadFs& fs, const journal::Journal& journal, Missing missing) {
    if (journal.is_replacing) {
        throw base::Error(base::Kind::attention,
                          fmt::format("transaction {} has deleted originals whose copies are at "
                                      "their targets: first it has to be finished",
                                      journal.begin.id),
                          "run `rehome resume`, then `rehome rollback`");
    }
    const std::vector<Places> places = open_all(fs, journal.begin.plan, journal.begin.id);
    require_one_filesystem(fs, places);
    require_room_at_home(fs, journal, places);
    if (missing == Missing::refuse) {
        require_former_targets_mounted(fs, journal.begin.plan);
        // Before the exchange nothing of an item can be missing, wherever its copy was.
        std::vector<Places> away;
        std::ranges::copy_if(places, std::back_inserter(away), [&](const Places& one) {
            return see(fs, one).home != At::thing;
        });
        require_targets_mounted(fs, journal, away);
        require_data(fs, journal);
    }
}

}  // namespace rehome::apply
