#include "base/json.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

// The one place where Boost.JSON is compiled.
#include <boost/json/src.hpp>
#include <fmt/format.h>

#include <limits>
#include <utility>

namespace rehome::base {

namespace {

std::optional<std::string> decoded(const json::value& value) {
    if (value.is_string()) {
        return std::string(value.get_string().c_str(), value.get_string().size());
    }
    if (const json::object* object = value.if_object()) {
        const json::value* encoded = object->if_contains("base64");
        if (encoded != nullptr && encoded->is_string()) {
            return from_base64({encoded->get_string().data(), encoded->get_string().size()});
        }
    }
    return std::nullopt;
}

std::optional<std::string> bytes_of(const json::value& value) {
    std::optional<std::string> bytes = decoded(value);
    return bytes && bytes->find('\0') == std::string::npos ? bytes : std::nullopt;
}

void print(std::string& out, const json::value& value, const std::string& indent);

template <class Members, class PrintMember>
void print_block(std::string& out, const Members& members, const std::string& indent, char open,
                 char close, PrintMember print_member) {
    out += open;
    bool first = true;
    for (const auto& member : members) {
        out += first ? "\n" : ",\n";
        first = false;
        out += indent + "  ";
        print_member(member);
    }
    if (!first) {
        out += "\n" + indent;
    }
    out += close;
}

void print(std::string& out, const json::value& value, const std::string& indent) {
    if (const json::object* object = value.if_object()) {
        print_block(out, *object, indent, '{', '}', [&](const json::key_value_pair& member) {
            out += json::serialize(json::string(member.key())) + ": ";
            print(out, member.value(), indent + "  ");
        });
    } else if (const json::array* array = value.if_array()) {
        print_block(out, *array, indent, '[', ']', [&](const json::value& element) {
            print(out, element, indent + "  ");
        });
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

json::value parse_json(std::string_view text) {
    json::stream_parser parser;
    json::error_code code;
    const std::size_t used = parser.write_some(text.data(), text.size(), code);
    if (!code && !parser.done()) {
        parser.finish(code);
    }
    if (code || text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
        throw Error(Kind::usage,
                    fmt::format("not JSON: {} at byte {}",
                                code ? code.message() : "text after the end",
                                used));
    }
    return parser.release();
}

json::value bytes_to_json(std::string_view bytes) {
    if (is_utf8(bytes)) {
        return json::string(bytes);
    }
    return json::object{{"base64", base64(bytes)}};
}

std::string pretty_json(const json::value& value) {
    std::string out;
    print(out, value, "");
    out += "\n";
    return out;
}

JsonReader::JsonReader(const json::value& value, std::string where)
    : object_(value.if_object()), where_(std::move(where)) {
    if (object_ == nullptr) {
        throw Error(Kind::usage, fmt::format("{}: an object was expected", where_));
    }
}

void JsonReader::fail(std::string_view name, std::string_view expected) const {
    throw Error(Kind::usage, fmt::format("{}: '{}' must be {}", where_, name, expected));
}

const json::value& JsonReader::member(std::string_view name) const {
    const json::value* value = object_->if_contains(name);
    if (value == nullptr) {
        throw Error(Kind::usage, fmt::format("{}: '{}' is missing", where_, name));
    }
    return *value;
}

bool JsonReader::has(std::string_view name) const {
    return object_->if_contains(name) != nullptr;
}

std::string JsonReader::text(std::string_view name) const {
    const json::value& value = member(name);
    if (!value.is_string()) {
        fail(name, "a string");
    }
    return {value.get_string().data(), value.get_string().size()};
}

std::string JsonReader::bytes(std::string_view name) const {
    std::optional<std::string> bytes = bytes_of(member(name));
    if (!bytes) {
        fail(name, "a string or {\"base64\": ...}, without NUL");
    }
    return *std::move(bytes);
}

std::vector<std::string> JsonReader::bytes_list(std::string_view name) const {
    std::vector<std::string> found;
    for (const json::value& value : list(name)) {
        std::optional<std::string> bytes = bytes_of(value);
        if (!bytes) {
            fail(name, "a list of strings or {\"base64\": ...}, without NUL");
        }
        found.push_back(*std::move(bytes));
    }
    return found;
}

std::int64_t JsonReader::number(std::string_view name) const {
    const json::value& value = member(name);
    json::error_code code;
    const auto number = value.to_number<std::int64_t>(code);
    if (code) {
        fail(name, "a whole number");
    }
    return number;
}

std::uint64_t JsonReader::count(std::string_view name) const {
    const json::value& value = member(name);
    json::error_code code;
    const auto number = value.to_number<std::uint64_t>(code);
    if (code) {
        fail(name, "a whole number, not negative");
    }
    return number;
}

bool JsonReader::flag(std::string_view name) const {
    const json::value& value = member(name);
    if (!value.is_bool()) {
        fail(name, "true or false");
    }
    return value.get_bool();
}

const json::array& JsonReader::list(std::string_view name) const {
    const json::value& value = member(name);
    if (!value.is_array()) {
        fail(name, "a list");
    }
    return value.get_array();
}

JsonReader JsonReader::object(std::string_view name) const {
    return {member(name), fmt::format("{}, in '{}'", where_, name)};
}

std::optional<JsonReader> JsonReader::optional_object(std::string_view name) const {
    if (!has(name)) {
        return std::nullopt;
    }
    return object(name);
}

std::optional<std::string> JsonReader::optional_text(std::string_view name) const {
    if (!has(name)) {
        return std::nullopt;
    }
    return text(name);
}

std::optional<std::string> JsonReader::optional_bytes(std::string_view name) const {
    if (!has(name)) {
        return std::nullopt;
    }
    return bytes(name);
}

}  // namespace rehome::base
