#pragma once

#include "base/error.hpp"
#include "care/programs.hpp"
#include "care/standing.hpp"
#include "care/start_up.hpp"
#include "care/variables.hpp"
#include "journal/store.hpp"
#include "layout/layout.hpp"
#include "os/environment.hpp"
#include "os/read_fs.hpp"
#include "plan/plan.hpp"
#include "scan/scan.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rehome::care {

// An item that a transaction has moved, or was about to.
struct CaredItem {
    std::string item;
    rules::Category category = rules::Category::keep;
    std::filesystem::path path;
    std::filesystem::path target;  // empty: it lies in the home by the layout
    bool directory = false;
    Standing standing = Standing::in_place;
    std::string transaction = {};              // that moved it, or ""
    std::string when_deleted = {};             // of its rule
    bool has_parent = false;                   // the directory that holds the target is there
    bool lacks_parent = false;                 // the directory of the old path is not
    bool is_away = false;                      // the filesystem of its copy is not mounted
    std::optional<os::FileType> at_path = {};  // what stands at the old path
    bool is_empty = false;                     // an empty directory stands there
    std::filesystem::path kept_original = {};  // or empty
    std::optional<tree::TreeSize> size = {};
};

// A known item that is in the home and would move.
struct NewItem {
    std::string item;
    rules::Category category = rules::Category::keep;
    std::filesystem::path target;
    bool was_left_out = false;  // by the user, when the home was migrated
    std::optional<tree::TreeSize> size = {};
};

// A transaction, as far as people ask for it.
struct Deed {
    std::string id;
    std::int64_t time = 0;
    std::string profile;
};

// A file with tokens.
struct Secret {
    std::filesystem::path path;  // its old one
    std::uint32_t mode = 0;
};

// A link in the place of one of cargo's locks; the directory it leads to is gone.
struct LostLock {
    std::filesystem::path path;
    bool stops_cargo = false;  // else cargo goes on without it
};

// A directory of the layout that a transaction uses.
struct CaredDirectory {
    std::filesystem::path path;
    std::uint32_t mode = 0;
};

// A name of ours that no open transaction accounts for.
struct Leftover {
    std::filesystem::path path;
    std::string transaction;  // that put it aside by its record, or ""
};

enum class HomeKind { missing, directory, link, unusable };

struct CaredHome {
    rust::HomeName name = rust::HomeName::cargo;
    std::filesystem::path path;
    HomeKind kind = HomeKind::missing;
    std::uint32_t mode = 0;
    bool has_config = false;   // config.toml or config, of cargo's
    bool has_pointer = false;  // its .rehome
    bool has_journal = false;  // one that could be read tells of it
    std::optional<Deed> in_force = {};
    std::optional<Deed> unfinished = {};
    bool is_astray = false;      // it was moved, and its old path does not lead to it
    bool is_unsettled = false;   // the one in force: it was killed while it cleaned up
    bool is_only_links = false;  // no journal: `items` are what the links tell
    std::vector<CaredItem> items = {};
    std::vector<NewItem> fresh = {};
    std::set<std::string> left_out = {};  // items that the transaction in force was told to leave
    std::vector<Secret> secrets = {};
    std::vector<LostLock> lost_locks = {};
    std::vector<CaredDirectory> directories = {};
    std::vector<Leftover> leftovers = {};
};

// ~/.cargo or ~/.rustup where the variable leads elsewhere.
struct OtherHome {
    rust::HomeName name = rust::HomeName::cargo;
    std::filesystem::path path;
    bool is_split = false;    // rehome has left its pointer or a link there
    bool has_config = false;  // that cargo reads on its way up
};

// What a rustup with RUSTUP_USE_CATEGORY_HOME makes of an item.
struct CategorySight {
    std::string item;
    std::filesystem::path looked_at;
    bool found = false;
};

// What was looked at, at one moment: a plain value, on which every check depends alone.
struct Survey {
    layout::Layout layout;
    os::Environment environment;
    std::vector<CaredHome> homes;
    std::vector<OtherHome> others;
    std::vector<Variable> variables;
    std::vector<Program> programs;
    std::optional<rust::Version> rustup;  // that CARGO_HOME holds, else the first in PATH
    std::vector<Program> cargos;          // of the toolchains, where the home is a link
    std::vector<SourcedFile> sourced;
    bool has_bin = false;    // CARGO_HOME/bin is there
    bool is_parted = false;  // rustup's tmp and toolchains: on two filesystems
    std::optional<plan::ProgramLinks> program_links;  // where the user wants some
    std::vector<CategorySight> category_home;  // empty where the variable does not ask for it
    std::vector<std::string> in_force;    // ids that have moved items of the homes, newest first
    std::vector<std::string> unfinished;  // the same, of those that were interrupted
    std::vector<base::Error> damage;      // what could not be read

    [[nodiscard]] const CaredHome& home(rust::HomeName name) const;
};

struct SurveyInput {
    const os::Environment& environment;
    scan::Sizes sizes = scan::Sizes::left_out;
};

// Looks at the homes, their journals and what surrounds them. Changes nothing, takes no lock and
// runs no program on the homes; versions are asked for beside them. What cannot be read is told in
// `damage`. Throws Error(usage) for HOME and variables that hold no usable path, and nothing else.
Survey look_around(const os::ReadFs& fs, const SurveyInput& input);

}  // namespace rehome::care
