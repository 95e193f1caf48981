#include "cli/status_screen.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace rehome::cli {

namespace {

using care::CaredHome;
using care::CaredItem;
using care::HomeKind;
using care::NewItem;

// The cells of a line, and how the third, which says where an item stands, is painted.
struct Row {
    std::array<std::string, 5> cells;
    Paint paint = Paint::plain;
};

std::string size_text(const std::optional<tree::TreeSize>& size) {
    return size ? base::human_bytes(size->bytes) : "";
}

std::string inner_name(const std::string& item) {
    return plan::is_home_item(item) ? "(the home)"
                                    : base::printable(item.substr(item.find('/') + 1));
}

std::string_view effect_text(care::Effect effect) {
    switch (effect) {
        case care::Effect::home: return "names the home";
        case care::Effect::applied: return "as it was applied";
        case care::Effect::in_force: return "in force";
        case care::Effect::unused: return "not used: what was applied counts more";
        case care::Effect::ignored: return "ignored: no absolute path";
        case care::Effect::told: break;
    }
    return "for rustup";
}

class StatusText {
public:
    StatusText(const Machine& machine, const care::Survey& survey)
        : machine_(machine), survey_(survey) {}

    std::string make() {
        for (const CaredHome& home : survey_.homes) {
            add(home);
        }
        add_variables();
        add_programs();
        return std::move(text_);
    }

private:
    std::string place(const std::filesystem::path& path) const {
        return short_path(machine_, path.string());
    }

    void add_heading(const std::string& heading, const std::string& what) {
        text_ += machine_.screen.painted(Paint::bold, heading) + (what.empty() ? "" : "  " + what) +
                 "\n";
    }

    static std::string deed_text(const care::Deed& deed) {
        return fmt::format("transaction {} ({}{})",
                           deed.id,
                           time_text(deed.time),
                           deed.profile.empty() ? "" : ", profile " + deed.profile);
    }

    static std::string what_is(const CaredHome& home) {
        const std::string_view link = home.kind == HomeKind::link ? "a link, " : "";
        std::string text;
        if (home.kind == HomeKind::unusable) {
            text = "cannot be read";
        } else if (home.unfinished) {
            text = "interrupted: " + deed_text(*home.unfinished);
        } else if (home.in_force) {
            text = "split by " + deed_text(*home.in_force);
        } else if (home.is_only_links) {
            text = "split, and no journal that can be read tells of it";
        } else if (home.kind != HomeKind::missing) {
            text = "not split";
        }
        if (home.kind == HomeKind::missing) {
            text = text.empty() ? "does not exist" : "does not exist; was " + text;
        }
        return std::string(link) + text;
    }

    void add(const CaredHome& home) {
        add_heading(place(home.path), what_is(home));
        std::vector<Row> rows;
        for (const rules::Category category : rules::placed_categories) {
            for (const CaredItem& item : home.items) {
                if (item.category == category) {
                    rows.push_back(row_of(item));
                }
            }
        }
        for (const CaredItem& item : home.items) {
            if (item.category == rules::Category::keep) {
                rows.push_back(row_of(item));
            }
        }
        for (const rules::Category category : rules::placed_categories) {
            for (const NewItem& item : home.fresh) {
                if (item.category == category) {
                    rows.push_back(row_of(item, home));
                }
            }
        }
        add_table(rows);
        text_ += "\n";
    }

    Row row_of(const NewItem& item, const CaredHome& home) const {
        const bool is_new = home.in_force && !item.was_left_out;
        const char* where = item.was_left_out ? "left out" : is_new ? "new" : "would move";
        return {{std::string(rules::name_of(item.category)),
                 inner_name(item.item),
                 where,
                 size_text(item.size),
                 place(item.target)},
                is_new ? Paint::yellow : Paint::dim};
    }

    Row row_of(const CaredItem& item) const {
        const bool drifted = care::is_drift(item.standing);
        return {{std::string(
                     item.category == rules::Category::keep ? "" : rules::name_of(item.category)),
                 inner_name(item.item),
                 std::string(care::words_of(item.standing)),
                 size_text(item.size),
                 place(item.target.empty() ? item.path : item.target)},
                drifted                                  ? Paint::red
                : item.standing == care::Standing::moved ? Paint::green
                                                         : Paint::dim};
    }

    void add_table(const std::vector<Row>& rows) {
        std::array<std::size_t, 5> widths{};
        for (const Row& row : rows) {
            for (std::size_t index = 0; index < widths.size(); ++index) {
                widths[index] = std::max(widths[index], base::columns(row.cells[index]));
            }
        }
        for (const Row& row : rows) {
            std::string line;
            for (std::size_t index = 0; index < widths.size(); ++index) {
                const std::string& cell = row.cells[index];
                const std::string blank(widths[index] - base::columns(cell), ' ');
                if (widths[index] == 0) {
                    continue;
                }
                const bool is_last = index + 1 == widths.size();
                const bool is_size = index == 3;
                line += "  ";
                line += (is_size ? blank : "") +
                        (index == 2 ? machine_.screen.painted(row.paint, cell) : cell) +
                        (is_size || is_last ? "" : blank);
            }
            line.resize(line.find_last_not_of(' ') + 1);
            text_ += line + "\n";
        }
    }

    void add_variables() {
        if (survey_.variables.empty()) {
            return;
        }
        std::vector<Row> rows;
        for (const care::Variable& variable : survey_.variables) {
            rows.push_back({{variable.name,
                             place(variable.value),
                             std::string(effect_text(variable.effect)),
                             "",
                             ""},
                            variable.effect == care::Effect::ignored ? Paint::yellow : Paint::dim});
        }
        add_heading("variables", "");
        add_table(rows);
        text_ += "\n";
    }

    void add_programs() {
        std::vector<Row> rows;
        for (const char* name : {"cargo", "rustup"}) {
            const auto program = std::ranges::find(survey_.programs, name, &care::Program::name);
            if (program == survey_.programs.end()) {
                rows.push_back({{name, "not in PATH", "", "", ""}});
                continue;
            }
            const std::string version =
                program->version ? rust::to_text(*program->version) : "version not told";
            rows.push_back(
                {{name,
                  place(program->path),
                  program->toolchain.empty() ? version
                                             : fmt::format("{}, of toolchain {}",
                                                           version,
                                                           base::printable(program->toolchain)),
                  "",
                  ""}});
        }
        add_heading("programs", "");
        add_table(rows);
    }

    const Machine& machine_;
    const care::Survey& survey_;
    std::string text_;
};

using base::json::array;
using base::json::object;
using base::json::value;

value path_json(const std::filesystem::path& path) {
    return path.empty() ? value() : base::bytes_to_json(path.native());
}

void add_size(object& json, const std::optional<tree::TreeSize>& size) {
    if (size) {
        json["bytes"] = size->bytes;
        json["disk_bytes"] = size->disk_bytes;
        json["files"] = size->files;
    }
}

object to_json(const CaredItem& item) {
    object json{{"item", base::bytes_to_json(item.item)},
                {"category", rules::name_of(item.category)},
                {"state", care::name_of(item.standing)},
                {"path", path_json(item.path)},
                {"target", path_json(item.target)},
                {"transaction", item.transaction}};
    add_size(json, item.size);
    return json;
}

object to_json(const NewItem& item) {
    object json{{"item", base::bytes_to_json(item.item)},
                {"category", rules::name_of(item.category)},
                {"target", path_json(item.target)},
                {"left_out", item.was_left_out}};
    add_size(json, item.size);
    return json;
}

value to_json(const std::optional<care::Deed>& deed) {
    return deed ? value(object{{"id", deed->id}, {"time", deed->time}, {"profile", deed->profile}})
                : value();
}

std::string_view name_of(HomeKind kind) {
    switch (kind) {
        case HomeKind::missing: return "missing";
        case HomeKind::directory: return "directory";
        case HomeKind::link: return "link";
        case HomeKind::unusable: break;
    }
    return "unusable";
}

object to_json(const CaredHome& home) {
    array items;
    for (const CaredItem& item : home.items) {
        items.push_back(to_json(item));
    }
    array fresh;
    for (const NewItem& item : home.fresh) {
        fresh.push_back(to_json(item));
    }
    return {{"home", rust::name_of(home.name)},
            {"path", path_json(home.path)},
            {"kind", name_of(home.kind)},
            {"in_force", to_json(home.in_force)},
            {"unfinished", to_json(home.unfinished)},
            {"items", std::move(items)},
            {"not_moved", std::move(fresh)}};
}

object to_json(const care::Program& program) {
    return {{"name", program.name},
            {"path", path_json(program.path)},
            {"version", program.version ? value(rust::to_text(*program.version)) : value()},
            {"toolchain",
             program.toolchain.empty() ? value() : base::bytes_to_json(program.toolchain)}};
}

array directories_json(const layout::Layout& layout) {
    array directories;
    const auto add = [&](const std::string& name, const layout::Directory& directory) {
        directories.push_back(object{{"name", name},
                                     {"path", base::bytes_to_json(directory.path)},
                                     {"origin", layout::name_of(directory.origin)},
                                     {"detail", directory.detail}});
    };
    for (const auto& [home, directory] : layout.homes) {
        add(std::string(rust::variable_of(home)), directory);
    }
    for (const auto& [slot, directory] : layout.directories) {
        add(layout::variable_of(slot), directory);
    }
    return directories;
}

}  // namespace

std::string status_text(const Machine& machine, const care::Survey& survey) {
    return StatusText(machine, survey).make();
}

base::json::object status_json(const care::Survey& survey) {
    array homes;
    for (const CaredHome& home : survey.homes) {
        homes.push_back(to_json(home));
    }
    array variables;
    for (const care::Variable& variable : survey.variables) {
        variables.push_back(object{{"name", variable.name},
                                   {"value", base::bytes_to_json(variable.value)},
                                   {"effect", care::name_of(variable.effect)}});
    }
    array programs;
    for (const care::Program& program : survey.programs) {
        programs.push_back(to_json(program));
    }
    return {{"homes", std::move(homes)},
            {"directories", directories_json(survey.layout)},
            {"variables", std::move(variables)},
            {"programs", std::move(programs)}};
}

}  // namespace rehome::cli
