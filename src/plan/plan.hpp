#pragma once

#include "layout/layout.hpp"
#include "os/file_info.hpp"
#include "plan/finding.hpp"
#include "plan/legacy_home.hpp"
#include "plan/placement.hpp"
#include "plan/selection.hpp"
#include "plan/step.hpp"
#include "rules/category.hpp"
#include "rust/home_name.hpp"
#include "tree/measure.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rehome::plan {

// What the user asked for: enough to make the same plan again.
struct Request {
    std::string profile;             // "" = as applied, else the default
    std::set<rust::HomeName> homes;  // empty = both
    Selection selection;
    std::optional<std::filesystem::path> rules;
    layout::Wishes wishes;  // without `applied`
    // A directory of the user's that gets a link to each of cargo's programs.
    std::optional<std::filesystem::path> program_links;
    std::optional<LegacyHome> legacy_home = {};  // nothing: as applied, else keep
    bool allow_volatile = false;
    bool offline = false;           // the user's word that nothing else uses the homes
    bool drop_regenerable = false;  // what cargo makes again from local files is not copied
    bool keep_originals = false;    // of items that are copied
    Verify verify = Verify::full;
};

// One line of the plan: a name in a home and what becomes of it.
struct PlannedItem {
    std::string item;
    rust::HomeName home = rust::HomeName::cargo;
    Fate fate = Fate::unknown;
    rules::Category category = rules::Category::keep;
    std::filesystem::path path;    // in its home
    std::filesystem::path from;    // where it lies now, of one that was moved before and moves on
    std::filesystem::path target;  // empty where it stays
    os::FileType type = os::FileType::other;
    Identity identity;
    std::string link_text;
    std::string why;
    bool directory = false;  // by the rule, whatever stands at its old path now
    bool regenerable = false;
    bool replaces_empty_directory = false;
    Way way = Way::rename;                  // of one that moves
    std::filesystem::path filesystem = {};  // where the target's is mounted, of one that is copied
    std::filesystem::path filesystem_left = {};  // and where that of `from` is
    std::optional<tree::TreeSize> size;
    std::optional<tree::TreeSize> dropped = {};  // the part of it that is not copied

    bool operator==(const PlannedItem&) const = default;
};

struct PlannedHome {
    rust::HomeName name = rust::HomeName::cargo;
    std::filesystem::path path;
    std::uint32_t mode = 0;
    std::string pointer;   // id in the home's .rehome when the plan was made, or ""
    std::string previous;  // id of the transaction that is in force before this one, or ""
    std::filesystem::path previous_journal;

    bool operator==(const PlannedHome&) const = default;
};

// A directory of the layout that is in use once the plan is applied.
struct UsedDirectory {
    rust::HomeName home = rust::HomeName::cargo;
    rules::Category category = rules::Category::config;
    std::string path;

    bool operator==(const UsedDirectory&) const = default;
};

// What will be done and what a person should know first. A plain value: printing it is the dry run,
// applying it is the transaction, and its JSON is in the journal and in plan files.
struct Plan {
    std::string version;
    std::string profile;
    std::string rules_digest;
    Request request;
    std::vector<PlannedHome> homes;
    std::vector<PlannedItem> items;
    std::vector<UsedDirectory> directories;
    // Items between which and another rustup renames, and which will be on another filesystem.
    std::vector<std::string> parted;
    std::vector<Step> steps;
    std::vector<Finding> findings;

    [[nodiscard]] bool changes_something() const;
    // Whether it mends what transactions have left, instead of only moving items.
    [[nodiscard]] bool is_repair() const;
    [[nodiscard]] std::vector<const Switch*> switches() const;
    [[nodiscard]] bool has_items_that_move_on() const;
};

}  // namespace rehome::plan
