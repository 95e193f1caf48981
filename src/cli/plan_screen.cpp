#include "cli/plan_screen.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace rehome::cli {

namespace {

using plan::Fate;
using plan::PlannedItem;

std::string padded(const std::string& text, std::size_t width) {
    const std::size_t columns = base::columns(text);
    return text + std::string(columns < width ? width - columns : 0, ' ');
}

// Cut at the width with an ellipsis; never inside a character.
std::string cut(const std::string& text, std::size_t width) {
    if (width == 0 || base::columns(text) <= width) {
        return text;
    }
    std::string shorter;
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        if (starts && ++columns == width) {
            break;
        }
        shorter += text[at];
    }
    return shorter + "\u2026";
}

std::string size_text(const PlannedItem& item) {
    if (!item.size) {
        return "";
    }
    const std::string size = base::human_bytes(item.size->bytes);
    return item.size->unreadable > 0 ? ">" + size : size;
}

std::string how_text(const PlannedItem& item) {
    switch (item.fate) {
        case Fate::move: return std::string(plan::name_of(item.way));
        case Fate::applied: return "done before";
        case Fate::adopted: return "adopted link";
        case Fate::in_place: return "in place";
        default: return "";
    }
}

// Items and what they hold.
struct Amount {
    std::size_t items = 0;
    bool measured = false;
    tree::TreeSize size;

    void add(const PlannedItem& item) {
        ++items;
        measured = measured || item.size.has_value();
        size += item.size.value_or(tree::TreeSize{});
    }

    void leave_out(const tree::TreeSize& part) {
        size.bytes -= part.bytes;
        size.files -= part.files;
    }

    [[nodiscard]] std::string size_text() const {
        return measured ? fmt::format(", {} in {}",
                                      base::human_bytes(size.bytes),
                                      base::counted(size.files, "file"))
                        : "";
    }

    [[nodiscard]] std::string text() const { return base::counted(items, "item") + size_text(); }
};

class PlanText {
public:
    PlanText(const Machine& machine, const plan::Plan& plan, std::size_t width)
        : machine_(machine), plan_(plan), width_(width) {
        for (const PlannedItem& item : plan.items) {
            name_width_ = std::max(name_width_, base::columns(name(item)));
            size_width_ = std::max(size_width_, base::columns(size_text(item)));
            how_width_ =
                std::max(how_width_, plan::is_placed(item.fate) ? how_text(item).size() : 0);
        }
    }

    std::string make() {
        for (const rust::HomeName home : rust::home_names) {
            add_home(home);
        }
        return std::move(text_);
    }

private:
    static std::string name(const PlannedItem& item) {
        return plan::is_home_item(item.item)
                   ? "(the home)"
                   : base::printable(item.item.substr(item.item.find('/') + 1));
    }

    std::vector<const PlannedItem*> items(rust::HomeName home) const {
        std::vector<const PlannedItem*> found;
        for (const PlannedItem& item : plan_.items) {
            if (item.home == home) {
                found.push_back(&item);
            }
        }
        return found;
    }

    void add_home(rust::HomeName home) {
        const std::vector<const PlannedItem*> all = items(home);
        if (all.empty()) {
            return;
        }
        const PlannedItem& first = *all.front();
        const std::size_t inside = first.item.size() - rust::name_of(home).size();
        const std::string path =
            plan::is_home_item(first.item)
                ? first.path.string()
                : first.path.string().substr(0, first.path.string().size() - inside);
        text_ +=
            machine_.screen.painted(Paint::bold, fmt::format("{}", short_path(machine_, path))) +
            summary(all) + "\n";
        for (const rules::Category category : rules::placed_categories) {
            add_placed(all, category);
        }
        add_staying(all);
        text_ += "\n";
    }

    static std::string summary(const std::vector<const PlannedItem*>& items) {
        tree::TreeSize size;
        bool measured = false;
        for (const PlannedItem* item : items) {
            if (item->size) {
                size += *item->size;
                measured = true;
            }
        }
        return measured ? fmt::format("  ({} in {})",
                                      base::human_bytes(size.bytes),
                                      base::counted(size.files, "file"))
                        : "";
    }

    // Items of one category mostly share a directory; one that does not gets a heading of its own.
    void add_placed(const std::vector<const PlannedItem*>& items, rules::Category category) {
        std::map<std::string, std::vector<const PlannedItem*>> groups;
        for (const PlannedItem* item : items) {
            if (plan::is_placed(item->fate) && item->category == category) {
                const std::string target = item->target.string();
                const std::string inside = item->item.substr(item->item.find('/'));
                const bool same_name = target.ends_with(inside);
                groups[same_name ? target.substr(0, target.size() - inside.size()) : target]
                    .push_back(item);
            }
        }
        for (const auto& [directory, members] : groups) {
            text_ += fmt::format("  {} {} {}\n",
                                 machine_.screen.painted(
                                     Paint::green, fmt::format("{:<6}", rules::name_of(category))),
                                 machine_.screen.painted(Paint::dim, "->"),
                                 short_path(machine_, directory));
            for (const PlannedItem* item : members) {
                add_line(*item, padded(how_text(*item), how_width_), item->why);
            }
        }
    }

    void add_staying(const std::vector<const PlannedItem*>& items) {
        bool first = true;
        for (const PlannedItem* item : items) {
            if (plan::is_placed(item->fate)) {
                continue;
            }
            if (first) {
                text_ += "  " + machine_.screen.painted(Paint::cyan, "stays in the home") + "\n";
                first = false;
            }
            const bool unknown = item->fate == Fate::unknown;
            add_line(*item,
                     unknown ? "unknown" : "",
                     unknown ? "no rule names it, so it is left in place" : item->why);
        }
    }

    void add_line(const PlannedItem& item, const std::string& how, const std::string& why) {
        const std::string size = size_text(item);
        const std::string head =
            fmt::format("    {}  {}{}{}  ",
                        padded(name(item), name_width_),
                        std::string(size_width_ - base::columns(size), ' '),
                        size,
                        how.empty() ? "" : (size_width_ == 0 ? how : "  " + how));
        const std::size_t used = base::columns(head);
        const std::size_t room = width_ == 0 ? 0 : std::max<std::size_t>(width_, used + 12) - used;
        text_ += head + machine_.screen.painted(Paint::dim, cut(base::printable(why), room)) + "\n";
        if (machine_.screen.is_verbose() && !item.link_text.empty()) {
            text_ += fmt::format("      a link to {}\n", base::in_quotes(item.link_text));
        }
        if (!item.from.empty()) {
            text_ += fmt::format("      now at {}\n", short_path(machine_, item.from));
        }
        if (item.dropped) {
            text_ += fmt::format("      of it {} in {} are not copied (--drop)\n",
                                 base::human_bytes(item.dropped->bytes),
                                 base::counted(item.dropped->files, "file"));
        }
        if (item.fate == Fate::move && item.replaces_empty_directory) {
            text_ += fmt::format("      replaces the empty directory {}\n",
                                 short_path(machine_, item.target));
        }
    }

    const Machine& machine_;
    const plan::Plan& plan_;
    std::size_t width_;
    std::size_t name_width_ = 0;
    std::size_t size_width_ = 0;
    std::size_t how_width_ = 0;
    std::string text_;
};

}  // namespace

std::string plan_text(const Machine& machine, const plan::Plan& plan, std::size_t width) {
    return PlanText(machine, plan, width).make();
}

std::string totals(const plan::Plan& plan) {
    Amount all;
    bool copies = false;
    for (const PlannedItem& item : plan.items) {
        if (item.fate == Fate::move) {
            all.add(item);
            copies = copies || item.way != plan::Way::rename;
        }
    }
    return all.text() + (copies ? fmt::format(" ({})", ways(plan)) : "");
}

std::string program_links(const Machine& machine, const plan::Plan& plan) {
    std::size_t made = 0;
    std::size_t removed = 0;
    for (const plan::Step& step : plan.steps) {
        const auto* link = std::get_if<plan::MakeLink>(&step);
        made += link != nullptr && link->path.parent_path() == plan.request.program_links ? 1 : 0;
        removed += std::holds_alternative<plan::RemoveLink>(step) ? 1 : 0;
    }
    std::string text;
    if (made > 0) {
        text = fmt::format("link {}", base::counted(made, "program"));
    }
    if (removed > 0) {
        text +=
            fmt::format("{}remove {}", text.empty() ? "" : " and ", base::counted(removed, "link"));
    }
    return text.empty()
               ? text
               : fmt::format("{} in {}", text, short_path(machine, *plan.request.program_links));
}

std::string ways(const plan::Plan& plan) {
    Amount renamed;
    std::map<std::filesystem::path, Amount> copied;  // by the filesystem that they go to
    for (const PlannedItem& item : plan.items) {
        if (item.fate == Fate::move) {
            Amount& amount = item.way == plan::Way::rename ? renamed : copied[item.filesystem];
            amount.add(item);
            amount.leave_out(item.dropped.value_or(tree::TreeSize{}));
        }
    }
    if (copied.empty()) {
        return "all by rename";
    }
    std::vector<std::string> parts;
    if (renamed.items > 0) {
        parts.push_back(fmt::format("{} by rename", renamed.items));
    }
    for (const auto& [filesystem, amount] : copied) {
        parts.push_back(fmt::format("{} copied to {}{}",
                                    amount.items,
                                    base::in_quotes(filesystem.native()),
                                    amount.size_text()));
    }
    return base::listed(parts);
}

}  // namespace rehome::cli
