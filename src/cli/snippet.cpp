#include "cli/snippet.hpp"

#include "base/error.hpp"
#include "journal/pointer.hpp"
#include "scan/past.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace rehome::cli {

namespace {

using base::Error;

// Speaks of what was applied, from the journals that the homes point to. It reads no rules, and at
// every start of a shell it looks at nothing else.
class SnippetMaker {
public:
    SnippetMaker(const Machine& machine, shell::Use use) : machine_(machine), use_(use) {}

    shell::Snippet make() {
        try {
            fill();
        } catch (const Error& error) {
            // In a start-up file a failure would be in the way of every shell.
            if (use_ == shell::Use::once) {
                throw;
            }
            snippet_.notes.emplace_back(error.what());
        }
        return std::move(snippet_);
    }

private:
    void fill() {
        snippet_.home = machine_.environment.variable("HOME").value_or("");
        snippet_.platform = machine_.environment.platform;
        const layout::Layout layout = bare_layout(machine_);
        bool any_home = false;
        bool any_applied = false;
        for (const rust::HomeName name : rust::home_names) {
            const std::string& home = layout.homes.at(name).path;
            if (!machine_.fs.look(std::filesystem::path(home))) {
                continue;
            }
            any_home = true;
            snippet_.homes.push_back({std::string(rust::variable_of(name)), home});
            if (const std::optional<journal::Journal> journal = applied(home)) {
                any_applied = true;
                add_applied(*journal, name);
            }
        }
        if (!any_home) {
            snippet_.notes.emplace_back("there is neither a CARGO_HOME nor a RUSTUP_HOME");
            return;
        }
        if (any_applied) {
            snippet_.state = layout.state.path;
        } else {
            snippet_.notes.emplace_back(
                "nothing is migrated yet: this is what `rehome migrate --apply` would set");
            add_wishes(layout);
        }
        add_path(layout);
    }

    // The newest transaction in force; an unfinished one is passed over for what was before it.
    std::optional<journal::Journal> applied(const std::filesystem::path& home) {
        const std::optional<journal::Pointer> pointer = journal::read_pointer(machine_.fs, home);
        std::filesystem::path path = pointer ? pointer->journal : std::filesystem::path();
        while (!path.empty()) {
            std::optional<journal::Journal> journal = read(path);
            if (!journal || journal->is_in_force()) {
                return journal;
            }
            if (journal->is_unfinished()) {
                snippet_.notes.push_back(
                    fmt::format("transaction {} was interrupted: run `rehome resume` or `rehome "
                                "rollback`",
                                journal->begin.id));
            }
            path.clear();
            for (const plan::PlannedHome& planned : journal->begin.plan.homes) {
                if (planned.path == home) {
                    path = planned.previous_journal;
                }
            }
        }
        return std::nullopt;
    }

    // Both homes mostly point to the same one.
    std::optional<journal::Journal> read(const std::filesystem::path& path) {
        const auto [place, is_new] = read_.try_emplace(path);
        if (is_new) {
            place->second = journal::read_journal(machine_.fs, path);
        }
        return place->second;
    }

    void add_applied(const journal::Journal& journal, rust::HomeName home) {
        for (const plan::UsedDirectory& used : journal.begin.plan.directories) {
            if (used.home == home) {
                snippet_.variables.push_back(
                    {layout::variable_of({used.home, used.category}), used.path});
                add_place(used);
            }
        }
        // Else rustup refuses what it cannot rename.
        const std::vector<std::string>& parted = journal.begin.plan.parted;
        const bool is_parted = std::ranges::any_of(parted, [&](const std::string& item) {
            return item.starts_with(std::string(rust::name_of(home)) + "/");
        });
        if (home == rust::HomeName::rustup && is_parted) {
            snippet_.variables.push_back({"RUSTUP_PERMIT_COPY_RENAME", "1"});
        }
        for (const plan::PlannedItem& item : journal.begin.plan.items) {
            if (item.home == home && item.directory && plan::is_placed(item.fate) &&
                item.category == rules::Category::cache) {
                add_cache(item);
            }
        }
    }

    void add_place(const plan::UsedDirectory& used) {
        const bool is_cache = used.category == rules::Category::cache;
        const auto known = std::ranges::find(snippet_.places, used.path, &shell::Place::path);
        if (known == snippet_.places.end()) {
            snippet_.places.push_back({used.path, is_cache, mode_of(used.path)});
        } else {
            known->is_cache = known->is_cache && is_cache;
        }
    }

    void add_cache(const plan::PlannedItem& item) {
        const std::string target = item.target.string();
        snippet_.caches.push_back(target);
        if (item.fate != plan::Fate::in_place) {
            snippet_.directories.push_back({item.path.string(), target, mode_of(target)});
        }
    }

    [[nodiscard]] std::optional<std::uint32_t> mode_of(const std::string& path) const {
        if (use_ == shell::Use::start_up) {
            return std::nullopt;
        }
        const auto info = machine_.fs.look(std::filesystem::path(path));
        return info && info->type == os::FileType::directory ? std::optional(info->mode)
                                                             : std::nullopt;
    }

    void add_wishes(const layout::Layout& layout) {
        for (const auto& [slot, directory] : layout.directories) {
            if (machine_.fs.look(std::filesystem::path(layout.homes.at(slot.first).path))) {
                snippet_.variables.push_back({layout::variable_of(slot), directory.path});
            }
        }
    }

    // In its old spelling: proxies and cargo compare the string (DESIGN section 6).
    void add_path(const layout::Layout& layout) {
        const std::filesystem::path home = layout.homes.at(rust::HomeName::cargo).path;
        if (machine_.fs.look(home)) {
            snippet_.path.push_back((home / "bin").string());
        }
    }

    const Machine& machine_;
    const shell::Use use_;
    shell::Snippet snippet_;
    std::map<std::filesystem::path, std::optional<journal::Journal>> read_;
};

}  // namespace

shell::Snippet make_snippet(const Machine& machine, shell::Use use) {
    return SnippetMaker(machine, use).make();
}

}  // namespace rehome::cli
