#include "base/error.hpp"
#include "base/json.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace rehome::base;

namespace {

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a path that is not UTF-8 survives JSON", "[base]") {
    const std::string path = "/home/\xFF/x";
    const json::value value = json::object{{"path", bytes_to_json(path)}};
    const json::value again = parse_json(json::serialize(value));
    CHECK(JsonReader(again, "test").bytes("path") == path);
}

TEST_CASE("a reader names the member that is missing or wrong", "[base]") {
    const json::value value = parse_json(R"({"a": 1, "b": {"c": "x"}, "n": -1})");
    const JsonReader reader(value, "plan file 'p.json'");
    CHECK(reader.number("a") == 1);
    CHECK(message_of([&] { (void)reader.text("a"); }) ==
          "plan file 'p.json': 'a' must be a string");
    CHECK(message_of([&] { (void)reader.text("z"); }) == "plan file 'p.json': 'z' is missing");
    CHECK(message_of([&] { (void)reader.object("b").flag("c"); }) ==
          "plan file 'p.json', in 'b': 'c' must be true or false");
    CHECK(message_of([&] { (void)reader.count("n"); }) ==
          "plan file 'p.json': 'n' must be a whole number, not negative");
}

TEST_CASE("text that is not one JSON document is refused", "[base]") {
    CHECK(message_of([] { parse_json("{\"a\": }"); }).starts_with("not JSON: "));
    CHECK(message_of([] { parse_json("{} {}"); }).starts_with("not JSON: "));
    CHECK(message_of([] { parse_json(""); }).starts_with("not JSON: "));
}

TEST_CASE("pretty JSON has a member a line", "[base]") {
    const json::value value = parse_json(R"({"a": [1, 2], "b": {}, "c": "x"})");
    CHECK(pretty_json(value) ==
          "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"x\"\n}\n");
}
