#include "rules/load.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::rules {

std::vector<RuleFile> files_in(const os::ReadFs& fs, const std::filesystem::path& directory) {
    std::vector<RuleFile> files;
    const std::optional<os::Directory> open = fs.open_if_there(directory);
    if (!open) {
        return files;
    }
    for (const os::Entry& entry : fs.list(*open)) {
        if (entry.name.ends_with(".toml") && !entry.name.starts_with(".")) {
            const std::filesystem::path path = directory / entry.name;
            files.push_back({path.string(), fs.read(path).value_or("")});
        }
    }
    return files;
}

RuleSet load_rules(const os::ReadFs& fs, const std::filesystem::path& users_directory,
                   const std::optional<std::filesystem::path>& extra) {
    std::vector<RuleFile> users = files_in(fs, users_directory);
    if (extra) {
        if (!fs.open_if_there(*extra)) {
            throw base::Error(base::Kind::usage,
                              fmt::format("--rules {}: there is no such directory",
                                          base::in_quotes(extra->native())),
                              "name a directory that holds rule files (*.toml)");
        }
        std::ranges::copy(files_in(fs, *extra), std::back_inserter(users));
    }
    return parse_rules(embedded_files(), users);
}

}  // namespace rehome::rules
