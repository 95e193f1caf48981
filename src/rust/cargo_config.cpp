#include "rust/cargo_config.hpp"

#include "base/toml.hpp"

namespace rehome::rust {

namespace {

void add_include(std::vector<std::string>& files, const toml::node& node) {
    if (const toml::array* list = node.as_array()) {
        for (const toml::node& element : *list) {
            add_include(files, element);
        }
    } else if (const toml::table* table = node.as_table()) {
        if (const toml::node* path = table->get("path")) {
            add_include(files, *path);
        }
    } else if (const auto text = node.value_exact<std::string>()) {
        files.push_back(*text);
    }
}

}  // namespace

std::vector<std::string> included_files(std::string_view config) {
    std::vector<std::string> files;
    try {
        const toml::table table = toml::parse(config);
        if (const toml::node* include = table.get("include")) {
            add_include(files, *include);
        }
    } catch (const toml::parse_error&) {
        files.clear();
    }
    return files;
}

}  // namespace rehome::rust
