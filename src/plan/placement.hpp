#pragma once

#include "layout/layout.hpp"
#include "os/file_info.hpp"
#include "plan/selection.hpp"
#include "rules/rule_set.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::plan {

// What happens to an item, and with it why it stays when it does.
enum class Fate {
    move,        // this plan moves it
    in_place,    // the home is the target directory: it is already there
    applied,     // an earlier transaction moved it
    adopted,     // a link of the user already leads to the target
    kept,        // its rule says so
    included,    // config.toml includes it, and cargo looks for it in the home
    other_kind,  // a file where the rule knows a directory, a socket, ...
    user_link,   // a link that the user made
    excluded,    // by --home, --only or --exclude
    unknown,     // no rule names it
};

std::string_view name_of(Fate fate);

// Whether the item lies at its target once the plan is applied.
bool is_placed(Fate fate);

// One name found in a home.
struct Found {
    std::string item;  // "cargo/registry", "cargo/registry/src"
    os::FileType type = os::FileType::other;
    bool leads_to_target = false;  // a link that resolves to where this item would go
};

struct Placement {
    std::string item;
    Fate fate = Fate::unknown;
    rules::Category category = rules::Category::keep;
    std::string target;  // "" where it has none
    std::string why;
    const rules::Rule* rule = nullptr;  // of the RuleSet that was given
    // Where an earlier transaction has moved it, of an item that moves on from there.
    std::string from = {};
    // Moved as one before, and by the rules its parts would now go to different places.
    bool is_undivided = false;
    // An item that should be on the same filesystem, and will not be.
    std::optional<std::string> parted_from = {};
    // One that should be there too and is not yet: made in the home, it would be on another one.
    std::optional<std::string> missing_partner = {};
};

// What placing needs to know besides the rules.
struct PlacementFacts {
    std::vector<Found> found;  // the homes' own names, and those inside split items
    std::map<std::string, std::string> applied;     // item -> target, by committed transactions
    std::vector<std::string> included;              // items that config.toml includes
    std::map<rust::HomeName, std::string> becomes;  // homes that move themselves, and where to
    // Whether names at or below the two paths could be renamed from the one to the other.
    std::function<bool(const std::string&, const std::string&)> same_filesystem;
    // Whether two paths that differ lead to one directory: the home may be a link to its target.
    std::function<bool(const std::string&, const std::string&)> same_directory;
};

// Where the rule's item goes by the layout; "" for category keep.
std::string target_of(const rules::Rule& rule, rules::Category category,
                      const layout::Layout& layout);

// Gives every name that was found its fate, in the order of their names. Pure. Where all that the
// rules know inside a directory shares its category and is wanted, the directory moves as one;
// otherwise it stays, and what is inside goes one by one. No result holds an item and its ancestor.
std::vector<Placement> place(const PlacementFacts& facts, const rules::RuleSet& rules,
                             const rules::Profile& profile, const layout::Layout& layout,
                             const Selection& selection);

}  // namespace rehome::plan
