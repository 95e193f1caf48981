#include "rules/parse.hpp"

#include "base/crc.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "embedded/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace rehome::rules {

namespace {

const std::vector<std::string> item_keys{"path",
                                         "kind",
                                         "category",
                                         "about",
                                         "why",
                                         "when_deleted",
                                         "regenerable",
                                         "programs",
                                         "mode",
                                         "same_filesystem_as",
                                         "recreated_from",
                                         "platform",
                                         "since",
                                         "until"};
const std::vector<std::string> categories{"config", "data", "state", "cache", "bin", "keep"};

// Reads files of one layer (the embedded ones, the user's) over what the layers before have said.
class LayerParser {
public:
    explicit LayerParser(RuleSet& set) : set_(set) {}

    void add(const RuleFile& file) {
        const TomlReader reader(file);
        reader.allow_keys(reader.root(), {"item", "profiles"});
        if (const toml::node* node = reader.root().get("profiles")) {
            for (const auto& [name, profile] : reader.table(*node, "profiles")) {
                add_profile(reader, std::string(name.str()), reader.table(profile, name.str()));
            }
        }
        if (const toml::node* node = reader.root().get("item")) {
            const toml::array* items = node->as_array();
            if (items == nullptr) {
                reader.fail(reader.source(*node), "items are written as [[item]]");
            }
            for (const toml::node& item : *items) {
                add_item(reader, reader.table(item, "item"));
            }
        }
    }

    // Names that a profile or a constraint uses must be known once all files are read.
    void check_names(const std::vector<RuleFile>& files) const {
        std::vector<std::string> known;
        for (const auto& [item, rule] : set_.rules) {
            known.push_back(item);
        }
        for (const auto& [item, at] : used_names_) {
            if (!set_.rules.contains(item)) {
                const auto file = std::ranges::find(files, at.file, &RuleFile::name);
                base::require(file != files.end(), "a rule's source is one of the files");
                TomlReader(*file).fail(at,
                                       fmt::format("no rule names the item {}{}",
                                                   base::in_quotes(item),
                                                   base::did_you_mean(item, known)));
            }
        }
    }

private:
    // Within a layer nothing is said twice: files of one layer have no order that people know.
    void say_once(const TomlReader& reader, const std::string& what, const Source& at) {
        const auto [first, is_new] = said_.emplace(what, at);
        if (!is_new) {
            reader.fail(at,
                        fmt::format("{} is set here and at {}:{}:{}",
                                    what,
                                    first->second.file,
                                    first->second.line,
                                    first->second.column));
        }
    }

    static std::string item_path(const TomlReader& reader, const toml::node& node) {
        std::string item = reader.text(node, "path");
        const std::size_t slash = item.find('/');
        const std::string home = item.substr(0, slash);
        if (slash == std::string::npos || slash + 1 == item.size() || !rust::home_named(home)) {
            reader.fail(reader.source(node),
                        fmt::format("{} is no item: items are written cargo/NAME or rustup/NAME{}",
                                    base::in_quotes(item),
                                    base::did_you_mean(home, {"cargo", "rustup"})));
        }
        for (std::size_t begin = 0; begin <= item.size();) {
            const std::size_t end = std::min(item.find('/', begin), item.size());
            const std::string part = item.substr(begin, end - begin);
            const bool ours = part.starts_with(".rehome");
            if (part.empty() || part == "." || part == ".." || ours ||
                part.find('\0') != std::string::npos) {
                reader.fail(reader.source(node),
                            fmt::format("{} cannot be an item: {} is not allowed in its path",
                                        base::in_quotes(item),
                                        base::in_quotes(part)));
            }
            begin = end + 1;
        }
        return item;
    }

    static std::uint32_t mode(const TomlReader& reader, const toml::node& node) {
        const std::string digits = reader.text(node, "mode");
        std::uint32_t mode = 0;
        const char* end = digits.data() + digits.size();
        const auto result = std::from_chars(digits.data(), end, mode, 8);
        if (result.ptr != end || result.ec != std::errc() || mode > 0777 || digits.size() != 4) {
            reader.fail(reader.source(node), "'mode' must be four octal digits, such as \"0600\"");
        }
        return mode;
    }

    std::string other_item(const TomlReader& reader, const Rule& rule, const std::string& key,
                           const toml::node& node) {
        std::string item = reader.text(node, key);
        if (item == rule.item) {
            reader.fail(reader.source(node),
                        fmt::format("'{}' names the item itself: another one is needed", key));
        }
        used_names_.push_back({item, reader.source(node)});
        return item;
    }

    void set(const TomlReader& reader, Rule& rule, const std::string& key, const toml::node& node) {
        if (key == "kind") {
            const bool file = reader.word(node, key, {"file", "directory"}) == "file";
            rule.kind = file ? ItemKind::file : ItemKind::directory;
        } else if (key == "category") {
            rule.category = category_named(reader.word(node, key, categories));
            if (rule.category == Category::bin && rule.item != "cargo/bin") {
                reader.fail(reader.source(node), "category 'bin' is for cargo/bin alone");
            }
        } else if (key == "about") {
            rule.about = reader.text(node, key);
        } else if (key == "why") {
            rule.why = reader.text(node, key);
        } else if (key == "when_deleted") {
            rule.when_deleted = reader.text(node, key);
        } else if (key == "regenerable") {
            rule.regenerable = reader.flag(node, key);
        } else if (key == "programs") {
            rule.programs = reader.flag(node, key);
        } else if (key == "mode") {
            rule.mode = mode(reader, node);
        } else if (key == "same_filesystem_as") {
            rule.same_filesystem_as = other_item(reader, rule, key, node);
        } else if (key == "recreated_from") {
            rule.recreated_from = other_item(reader, rule, key, node);
        } else if (key == "platform") {
            rule.platform = reader.word(node, key, {"linux", "macos", "windows"});
        } else if (key == "since") {
            rule.since = reader.text(node, key);
        } else if (key == "until") {
            rule.until = reader.text(node, key);
        }
    }

    void add_item(const TomlReader& reader, const toml::table& table) {
        reader.allow_keys(table, item_keys);
        const toml::node* path = table.get("path");
        if (path == nullptr) {
            reader.fail(reader.source(table), "an item needs a 'path'");
        }
        const std::string item = item_path(reader, *path);
        const auto [place, is_new] = set_.rules.try_emplace(item);
        Rule& rule = place->second;
        rule.item = item;
        if (is_new) {
            rule.source = reader.source(*path);
        }
        for (const auto& [key, node] : table) {
            if (&node == path) {
                continue;
            }
            say_once(reader, fmt::format("'{}' of {}", key.str(), item), reader.source(key));
            set(reader, rule, std::string(key.str()), node);
            if (key.str() == "category") {
                rule.source = reader.source(key);
            }
        }
        if (is_new && !table.contains("kind")) {
            reader.fail(reader.source(*path), fmt::format("{} needs a 'kind'", item));
        }
        if (is_new && !table.contains("category") && outer_item(item).empty()) {
            reader.fail(reader.source(*path), fmt::format("{} needs a 'category'", item));
        }
    }

    void add_profile(const TomlReader& reader, const std::string& name, const toml::table& table) {
        reader.allow_keys(table, {"about", "warning", "others", "items"});
        const auto [place, is_new] = set_.profiles.try_emplace(name);
        Profile& profile = place->second;
        profile.name = name;
        if (is_new) {
            profile.source = reader.source(table);
        }
        for (const auto& [key, node] : table) {
            if (key.str() != "items") {
                say_once(
                    reader, fmt::format("'{}' of profile {}", key.str(), name), reader.source(key));
            }
            if (key.str() == "about") {
                profile.about = reader.text(node, "about");
            } else if (key.str() == "warning") {
                profile.warning = reader.text(node, "warning");
            } else if (key.str() == "others") {
                profile.others_stay = reader.word(node, "others", {"keep", "rule"}) == "keep";
            } else {
                add_profile_items(reader, profile, reader.table(node, "items"));
            }
        }
    }

    void add_profile_items(const TomlReader& reader, Profile& profile, const toml::table& table) {
        for (const auto& [item, node] : table) {
            const std::string name(item.str());
            say_once(
                reader, fmt::format("{} of profile {}", name, profile.name), reader.source(item));
            const Category category = *category_named(reader.word(node, "category", categories));
            if (category == Category::bin && name != "cargo/bin") {
                reader.fail(reader.source(node), "category 'bin' is for cargo/bin alone");
            }
            profile.items[name] = category;
            used_names_.push_back({name, reader.source(item)});
        }
    }

    RuleSet& set_;
    std::map<std::string, Source> said_;
    std::vector<std::pair<std::string, Source>> used_names_;
};

}  // namespace

std::vector<RuleFile> embedded_files() {
    std::vector<RuleFile> files;
    for (const base::EmbeddedFile& file : embedded::migrations) {
        files.push_back({"migrations/" + std::string(file.name), std::string(file.text)});
    }
    return files;
}

RuleSet parse_rules(const std::vector<RuleFile>& embedded, const std::vector<RuleFile>& users) {
    RuleSet set;
    std::string texts;
    for (const std::vector<RuleFile>* layer : {&embedded, &users}) {
        LayerParser parser(set);
        for (const RuleFile& file : *layer) {
            parser.add(file);
            texts += file.text + '\0';
        }
        parser.check_names(*layer);
    }
    set.digest = base::crc32_hex(texts);
    return set;
}

}  // namespace rehome::rules
