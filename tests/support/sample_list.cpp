#include "support/sample_list.hpp"

#include "base/base64.hpp"
#include "base/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace rehome::support {
namespace {

[[noreturn]] void fail(const toml::source_region& where, std::string_view text) {
    throw std::runtime_error(
        fmt::format("{}:{}: {}", where.path ? *where.path : "", where.begin.line, text));
}

toml::table parse(const std::filesystem::path& toml_file) {
    try {
        return toml::parse_file(std::string_view(toml_file.native()));
    } catch (const toml::parse_error& error) {
        fail(error.source(), error.description());
    }
}

std::int64_t time_of(const toml::node& node) {
    using namespace std::chrono;
    const auto* value = node.as_date_time();
    if (value == nullptr || !value->get().offset) {
        fail(node.source(), "a time is written 2026-03-01T12:30:00.123456789Z");
    }
    const toml::date& date = value->get().date;
    const toml::time& time = value->get().time;
    const sys_days day =
        std::chrono::year(date.year) / std::chrono::month(date.month) / std::chrono::day(date.day);
    const minutes shift(value->get().offset->minutes);
    const auto moment = day + hours(time.hour) + minutes(time.minute) - shift +
                        seconds(time.second) + nanoseconds(time.nanosecond);
    return moment.time_since_epoch().count();
}

// Reads the members of one entry; what nobody asked for is an unknown key.
class Reader {
public:
    Reader(const toml::node& node, const std::filesystem::path& home) : home_(home.string()) {
        if (!node.is_table()) {
            fail(node.source(), "an entry is a table");
        }
        table_ = node.as_table();
    }

    const toml::node* find(std::string_view key) {
        known_.push_back(key);
        return table_->get(key);
    }

    // Bytes that TOML cannot hold are in base64, under the longer name.
    std::string bytes(std::string_view key, std::string_view base64_key) {
        const toml::node* encoded = find(base64_key);
        if (encoded == nullptr) {
            const toml::node* plain = find(key);
            return plain == nullptr ? "" : with_home(text(*plain));
        }
        known_.push_back(key);
        const auto decoded = base::from_base64(text(*encoded));
        if (!decoded) {
            fail(encoded->source(), "not in base64");
        }
        return *decoded;
    }

    std::optional<std::uint64_t> number(std::string_view key) {
        const toml::node* node = find(key);
        if (node == nullptr) {
            return std::nullopt;
        }
        const auto value = node->value_exact<std::int64_t>();
        if (!value || *value < 0) {
            fail(node->source(), "not a number");
        }
        return static_cast<std::uint64_t>(*value);
    }

    std::optional<std::uint32_t> small_number(std::string_view key) {
        const auto value = number(key);
        return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
    }

    std::vector<std::string> texts(std::string_view key) {
        std::vector<std::string> result;
        if (const toml::node* node = find(key)) {
            if (!node->is_array()) {
                fail(node->source(), "not a list");
            }
            for (const toml::node& element : *node->as_array()) {
                result.push_back(text(element));
            }
        }
        return result;
    }

    std::map<std::string, std::string> pairs(std::string_view key) {
        std::map<std::string, std::string> result;
        if (const toml::node* node = find(key)) {
            if (!node->is_table()) {
                fail(node->source(), "not a table");
            }
            for (const auto& [name, value] : *node->as_table()) {
                result.emplace(name.str(), text(value));
            }
        }
        return result;
    }

    void done() const {
        for (const auto& [key, value] : *table_) {
            if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
                fail(key.source(), fmt::format("unknown key '{}'", key.str()));
            }
        }
    }

    static std::string text(const toml::node& node) {
        const auto value = node.value_exact<std::string>();
        if (!value) {
            fail(node.source(), "not a text");
        }
        return *value;
    }

private:
    std::string with_home(std::string text) const {
        constexpr std::string_view placeholder = "{home}";
        for (std::size_t at = text.find(placeholder); at != std::string::npos;
             at = text.find(placeholder, at + home_.size())) {
            text.replace(at, placeholder.size(), home_);
        }
        return text;
    }

    const toml::table* table_ = nullptr;
    std::string home_;
    std::vector<std::string_view> known_;
};

SampleType type_of(const toml::node* node) {
    constexpr std::array<std::pair<std::string_view, SampleType>, 6> types = {{
        {"file", SampleType::file},
        {"dir", SampleType::directory},
        {"symlink", SampleType::symlink},
        {"hardlink", SampleType::hard_link},
        {"fifo", SampleType::fifo},
        {"sparse", SampleType::sparse_file},
    }};
    if (node == nullptr) {
        return SampleType::file;
    }
    const std::string name = Reader::text(*node);
    for (const auto& [known, type] : types) {
        if (name == known) {
            return type;
        }
    }
    fail(node->source(), "a type is file, dir, symlink, hardlink, fifo or sparse");
}

SampleEntry read_entry(const toml::node& node, const std::filesystem::path& home,
                       std::int64_t default_mtime) {
    Reader reader(node, home);
    SampleEntry entry{.path = reader.bytes("path", "path_base64")};
    entry.type = type_of(reader.find("type"));
    entry.text = reader.bytes("text", "text_base64");
    entry.to = reader.bytes("to", "to_base64");
    entry.size = reader.number("size").value_or(0);
    entry.mode =
        reader.small_number("mode").value_or(entry.type == SampleType::directory ? 0755 : 0644);
    const toml::node* mtime = reader.find("mtime");
    entry.mtime = mtime == nullptr ? default_mtime : time_of(*mtime);
    entry.user = reader.small_number("user");
    entry.group = reader.small_number("group");
    entry.extended = reader.pairs("xattr");
    entry.acl = reader.texts("acl");
    entry.default_acl = reader.texts("default_acl");
    reader.done();

    const bool is_link = entry.type == SampleType::symlink || entry.type == SampleType::hard_link;
    if (entry.path.empty() || entry.path.front() == '/') {
        fail(node.source(), "an entry needs a path below the home");
    }
    if (is_link == entry.to.empty()) {
        fail(node.source(), "a link needs 'to', and nothing else has it");
    }
    return entry;
}

}  // namespace

SampleList read_sample_list(const std::filesystem::path& toml_file,
                            const std::filesystem::path& home) {
    const toml::table document = parse(toml_file);
    const toml::node* mtime = document.get("mtime");
    const toml::node* entries = document.get("entries");
    if (mtime == nullptr || entries == nullptr || !entries->is_array()) {
        fail(document.source(), "a sample home is 'mtime = ...' and 'entries = [...]'");
    }
    SampleList list{.mtime = time_of(*mtime), .entries = {}};
    for (const toml::node& node : *entries->as_array()) {
        list.entries.push_back(read_entry(node, home, list.mtime));
    }
    return list;
}

}  // namespace rehome::support
