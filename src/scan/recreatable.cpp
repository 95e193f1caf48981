#include "scan/recreatable.hpp"

#include <filesystem>
#include <optional>

namespace rehome::scan {

std::vector<plan::Recreatable> recreatable_parts(const os::ReadFs& fs, const rules::RuleSet& rules,
                                                 const layout::Layout& layout,
                                                 const rules::Rule& outer) {
    const auto path_of = [&](const rules::Rule& rule) {
        return std::filesystem::path(layout.homes.at(rule.home()).path) / rule.path();
    };
    std::vector<plan::Recreatable> found;
    for (const auto& [item, rule] : rules.rules) {
        const bool inside = item.starts_with(outer.item + "/");
        if (!rule.recreated_from || (item != outer.item && !inside)) {
            continue;
        }
        const rules::Rule& from = *rules.find(*rule.recreated_from);
        const std::optional<os::FileInfo> info = fs.look(path_of(rule));
        const std::optional<os::Directory> source = fs.open_if_there(path_of(from));
        if (info && info->type == os::FileType::directory && source && !fs.is_empty(*source)) {
            found.push_back({.path = inside ? item.substr(outer.item.size() + 1) : ".",
                             .item = item,
                             .from = from.item});
        }
    }
    return found;
}

}  // namespace rehome::scan
