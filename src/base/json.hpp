#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::base {

namespace json = boost::json;

// Parses one document. Throws Error(corrupt text) as Kind::usage with the reason and the offset.
json::value parse_json(std::string_view text);

// Bytes as JSON: a string where they are UTF-8, else {"base64": "..."}.
json::value bytes_to_json(std::string_view bytes);

// For people: indented by two spaces, one member a line, newline at the end.
std::string pretty_json(const json::value& value);

// Reads members of an object with a known form; each throws Error(usage) naming the member that is
// missing or of another type. `where` says which document this is ("plan file 'x.json'").
class JsonReader {
public:
    JsonReader(const json::value& value, std::string where);

    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] const json::value& member(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name) const;
    // As bytes_to_json() writes them. No NUL: a path with one is another path to the system.
    [[nodiscard]] std::string bytes(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> bytes_list(std::string_view name) const;
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    [[nodiscard]] std::uint64_t count(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] const json::array& list(std::string_view name) const;
    [[nodiscard]] JsonReader object(std::string_view name) const;
    [[nodiscard]] std::optional<JsonReader> optional_object(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> optional_bytes(std::string_view name) const;

    [[nodiscard]] const std::string& where() const { return where_; }

    [[noreturn]] void fail(std::string_view name, std::string_view expected) const;

private:
    const json::object* object_;
    std::string where_;
};

}  // namespace rehome::base
