#include "care/survey.hpp"

#include "care/home_survey.hpp"
#include "plan/place_checks.hpp"
#include "rules/load.hpp"
#include "tree/measure.hpp"

#include <algorithm>
#include <thread>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;
using rust::HomeName;

class Looker {
public:
    Looker(const os::ReadFs& read_fs, const SurveyInput& input)
        : fs_(read_fs), environment_(input.environment), sizes_(input.sizes) {}

    Survey look() {
        const layout::Layout bare = layout::make_layout(environment_, {});
        survey_.environment = environment_;
        journal::Shelf shelf = journal::read_readable(
            fs_,
            bare.state.path,
            {bare.homes.at(HomeName::cargo).path, bare.homes.at(HomeName::rustup).path});
        survey_.damage = std::move(shelf.damage);
        survey_.layout = layout::make_layout(
            environment_, scan::wishes_with_applied(environment_, {}, shelf.journals));
        survey_.variables = variables_of(environment_, survey_.layout);
        tolerate([&] { rules_ = rules::load_rules(fs_, bare.rules.path, std::nullopt); });
        for (const HomeName name : rust::home_names) {
            look_at(name, shelf.journals);
        }
        name_transactions(shelf.journals);
        tolerate([&] { find_new_items(shelf.journals); });
        tolerate([&] { look_at_programs(); });
        tolerate([&] { survey_.sourced = sourced_files(fs_, environment_, survey_.layout); });
        tolerate([&] { survey_.is_parted = are_parted(); });
        tolerate([&] { look_as_category_home(); });
        if (sizes_ == scan::Sizes::measured) {
            measure();
        }
        return std::move(survey_);
    }

private:
    // One thing that cannot be read must not hide all the others: this command is for homes in
    // which something is broken.
    template <class Look>
    void tolerate(const Look& look) {
        try {
            look();
        } catch (const base::Error& error) {
            const bool known = std::ranges::any_of(survey_.damage, [&](const base::Error& other) {
                return std::string_view(other.what()) == error.what();
            });
            if (!known) {
                survey_.damage.push_back(error);
            }
        }
    }

    fs::path path_of(HomeName name) const { return survey_.layout.homes.at(name).path; }

    void look_at(HomeName name, const std::vector<journal::Journal>& journals) {
        CaredHome home{.name = name, .path = path_of(name), .kind = HomeKind::unusable};
        tolerate([&] {
            home = look_at_home({fs_, survey_.layout, journals, rules_ ? &*rules_ : nullptr}, name);
        });
        survey_.homes.push_back(std::move(home));
        const fs::path other = fs::path(survey_.layout.home) / rust::directory_of(name);
        tolerate([&] {
            if (other != path_of(name)) {
                look_at_other(name, other);
            }
        });
    }

    void look_at_other(HomeName name, const fs::path& path) {
        const std::optional<os::FileInfo> info = fs_.look_through(path);
        const std::optional<os::FileInfo> used = fs_.look_through(path_of(name));
        const bool same =
            info && used && info->device == used->device && info->inode == used->inode;
        if (!info || info->type != os::FileType::directory || same) {
            return;
        }
        OtherHome other{.name = name, .path = path};
        other.is_split = fs_.look(path / journal::pointer_name).has_value();
        for (const char* config : {"config", "config.toml"}) {
            other.has_config |=
                name == HomeName::cargo && fs_.look_through(path / config).has_value();
        }
        survey_.others.push_back(std::move(other));
    }

    void name_transactions(const std::vector<journal::Journal>& journals) {
        for (auto journal = journals.rbegin(); journal != journals.rend(); ++journal) {
            const bool is_ours =
                std::ranges::any_of(journal->begin.plan.homes, [&](const plan::PlannedHome& home) {
                    return home.path == path_of(home.name);
                });
            if (is_ours && journal->is_in_force()) {
                survey_.in_force.push_back(journal->begin.id);
            } else if (is_ours && journal->is_unfinished()) {
                survey_.unfinished.push_back(journal->begin.id);
            }
        }
    }

    void find_new_items(const std::vector<journal::Journal>& journals) {
        const bool unfinished = std::ranges::any_of(
            survey_.homes, [](const CaredHome& home) { return home.unfinished.has_value(); });
        if (!rules_ || unfinished) {
            return;
        }
        const plan::Request request;
        const plan::Inventory inventory = scan::scan(fs_,
                                                     {.environment = environment_,
                                                      .rules = *rules_,
                                                      .journals = journals,
                                                      .request = request,
                                                      .purpose = scan::Purpose::look});
        survey_.program_links = inventory.program_links;
        for (const plan::Item& item : inventory.items) {
            for (CaredHome& home : survey_.homes) {
                const bool known = std::ranges::any_of(home.items, [&](const CaredItem& cared) {
                    return cared.item == item.placement.item;
                });
                if (!known && !home.is_astray && item.placement.fate == plan::Fate::move &&
                    plan::lies_in(item.path, home.path)) {
                    home.fresh.push_back(
                        {.item = item.placement.item,
                         .category = item.placement.category,
                         .target = item.placement.target,
                         .was_left_out = home.left_out.contains(item.placement.item)});
                }
            }
        }
    }

    void look_at_programs() {
        const fs::path cargo_home = path_of(HomeName::cargo);
        const fs::path rustup_home = path_of(HomeName::rustup);
        survey_.programs = programs_in_path(fs_, environment_, rustup_home);
        const std::optional<os::FileInfo> bin = fs_.look_through(cargo_home / "bin");
        survey_.has_bin = bin && bin->type == os::FileType::directory;
        survey_.rustup = version_of_rustup(fs_, environment_, cargo_home);
        for (const Program& program : survey_.programs) {
            if (!survey_.rustup && program.name == "rustup") {
                survey_.rustup = program.version;
            }
        }
        if (survey_.home(HomeName::cargo).kind == HomeKind::link) {
            survey_.cargos = cargos_of_toolchains(fs_, environment_, rustup_home);
        }
    }

    // What is not there yet, rustup makes in the home.
    std::optional<os::FileInfo> seat_of(const char* name) const {
        const fs::path home = path_of(HomeName::rustup);
        const std::optional<os::FileInfo> info = fs_.look_through(home / name);
        return info ? info : fs_.look_through(home);
    }

    bool are_parted() const {
        const std::optional<os::FileInfo> tmp = seat_of("tmp");
        const std::optional<os::FileInfo> toolchains = seat_of("toolchains");
        return tmp && toolchains &&
               (tmp->device != toolchains->device || tmp->mount_id != toolchains->mount_id);
    }

    // Where rustup's coming category homes look: the category's variable, then RUSTUP_HOME, then
    // the platform's directory.
    void look_as_category_home() {
        if (environment_.variable("RUSTUP_USE_CATEGORY_HOME").value_or("0") == "0") {
            return;
        }
        layout::Layout platform = layout::make_layout(environment_, {});
        const std::optional<std::string> home = environment_.variable("RUSTUP_HOME");
        const std::pair<const char*, rules::Category> items[] = {
            {"settings.toml", rules::Category::config},
            {"toolchains", rules::Category::data},
            {"update-hashes", rules::Category::cache},
            {"downloads", rules::Category::cache}};
        for (const auto& [name, category] : items) {
            const layout::Slot slot{HomeName::rustup, category};
            const bool named = environment_.variable(layout::variable_of(slot)).has_value();
            const fs::path directory =
                home && !named ? fs::path(*home) : fs::path(platform.directories.at(slot).path);
            const std::optional<os::FileInfo> used =
                fs_.look_through(path_of(HomeName::rustup) / name);
            const std::optional<os::FileInfo> there = fs_.look_through(directory / name);
            if (used) {
                survey_.category_home.push_back({.item = std::string("rustup/") + name,
                                                 .looked_at = directory / name,
                                                 .found = there && there->device == used->device &&
                                                          there->inode == used->inode});
            }
        }
    }

    void measure() {
        std::vector<fs::path> roots;
        std::vector<std::optional<tree::TreeSize>*> sizes;
        for (CaredHome& home : survey_.homes) {
            for (CaredItem& item : home.items) {
                const bool away =
                    item.standing == Standing::moved || item.standing == Standing::half;
                if (item.standing == Standing::purged || item.standing == Standing::gone ||
                    item.standing == Standing::not_mounted) {
                    continue;
                }
                roots.push_back(away ? item.target : item.path);
                sizes.push_back(&item.size);
            }
            for (NewItem& item : home.fresh) {
                roots.push_back(home.path / item.item.substr(item.item.find('/') + 1));
                sizes.push_back(&item.size);
            }
        }
        const std::vector<tree::TreeSize> found =
            tree::measure(roots, std::max(1U, std::thread::hardware_concurrency()));
        for (std::size_t index = 0; index < found.size(); ++index) {
            *sizes[index] = found[index];
        }
    }

    const os::ReadFs& fs_;
    const os::Environment& environment_;
    scan::Sizes sizes_;
    std::optional<rules::RuleSet> rules_;
    Survey survey_;
};

}  // namespace

const CaredHome& Survey::home(rust::HomeName name) const {
    return homes[name == HomeName::cargo ? 0 : 1];
}

Survey look_around(const os::ReadFs& fs, const SurveyInput& input) {
    return Looker(fs, input).look();
}

}  // namespace rehome::care
