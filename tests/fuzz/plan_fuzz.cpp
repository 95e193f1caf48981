// A saved plan is read, or it is refused as a usage error. What was read and is written again reads
// the same; and what is written says of each member that it knows what the file said: nothing is
// cut off, rounded or taken for something else.

#include "base/base64.hpp"
#include "base/json.hpp"
#include "fuzz/property.hpp"
#include "plan/plan_json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

namespace rehome::fuzz {

namespace {

namespace json = base::json;

std::string text_of(const json::string& text) {
    return {text.data(), text.size()};
}

// What bytes_to_json() wrote; nothing if it is another value.
std::optional<std::string> bytes_of(const json::value& value) {
    if (value.is_string()) {
        return text_of(value.get_string());
    }
    if (const json::object* object = value.if_object(); object != nullptr) {
        const json::value* encoded = object->if_contains("base64");
        if (encoded != nullptr && encoded->is_string()) {
            return base::from_base64(text_of(encoded->get_string()));
        }
    }
    return std::nullopt;
}

bool same_number(const json::value& read, const json::value& written) {
    json::error_code code;
    if (written.is_uint64()) {
        return read.to_number<std::uint64_t>(code) == written.get_uint64() && !code;
    }
    return read.to_number<std::int64_t>(code) == written.get_int64() && !code;
}

bool says(const json::value& read, const json::value& written);

bool says_all(const json::array& read, const json::array& written) {
    return read.size() == written.size() &&
           std::equal(read.begin(), read.end(), written.begin(), says);
}

// Lists of words without an order.
bool same_words(const json::array& read, const json::array& written) {
    std::set<std::string> words;
    for (const json::value& word : read) {
        words.insert(bytes_of(word).value_or(""));
    }
    return words.size() == written.size() &&
           std::ranges::all_of(written, [&](const json::value& word) {
               return words.contains(bytes_of(word).value_or(""));
           });
}

// Whether each member of `written` that `read` has is the same in both.
bool says(const json::value& read, const json::value& written) {
    if (const auto bytes = bytes_of(written)) {
        return bytes_of(read) == bytes;
    }
    if (written.is_number()) {
        return read.is_number() && same_number(read, written);
    }
    if (written.is_array()) {
        const json::array& list = written.get_array();
        const bool words = !list.empty() && bytes_of(list.front());
        return read.is_array() &&
               (words ? same_words(read.get_array(), list) : says_all(read.get_array(), list));
    }
    if (const json::object* object = written.if_object()) {
        return read.is_object() &&
               std::ranges::all_of(*object, [&](const json::key_value_pair& member) {
                   const json::value* there = read.get_object().if_contains(member.key());
                   return there == nullptr || says(*there, member.value());
               });
    }
    return read == written;
}

bool has_nul(const std::filesystem::path& path) {
    return path.native().find('\0') != std::string::npos;
}

// A path with a NUL is another path to the system than to the person who read it.
void check_paths(const plan::Plan& plan) {
    for (const plan::PlannedItem& item : plan.items) {
        hold(!has_nul(item.path) && !has_nul(item.target), "no path has a NUL", item.item);
    }
    for (const plan::Switch* step : plan.switches()) {
        hold(!has_nul(step->path) && !has_nul(step->target), "no path has a NUL", step->item);
    }
    for (const plan::PlannedHome& home : plan.homes) {
        hold(!has_nul(home.path), "no path has a NUL");
    }
}

void check(const json::value& read) {
    std::optional<plan::Plan> plan;
    try {
        plan = plan::plan_from_json(read, "the plan file 'p'");
    } catch (const base::Error& error) {
        hold_refusal(error, base::Kind::usage);
        hold(std::string_view(error.what()).starts_with("the plan file 'p'"),
             "a refusal names its file",
             error.what());
        return;
    }
    check_paths(*plan);
    const json::value written = plan::to_json(*plan);
    const std::string text = json::serialize(written);
    hold(says(read, written), "what is written is what was read", text);

    const plan::Plan again =
        plan::plan_from_json(base::parse_json(base::pretty_json(written)), "again");
    hold(json::serialize(plan::to_json(again)) == text, "a written plan reads the same", text);
    hold(again.items == plan->items, "items survive", text);
    hold(again.steps == plan->steps, "steps survive", text);
    hold(again.homes == plan->homes, "homes survive", text);
    hold(again.directories == plan->directories, "directories survive", text);
    hold(
        again.findings == plan->findings && again.parted == plan->parted, "findings survive", text);
    hold(again.request.selection == plan->request.selection &&
             again.request.homes == plan->request.homes &&
             again.request.rules == plan->request.rules &&
             again.request.verify == plan->request.verify &&
             again.request.wishes.bases == plan->request.wishes.bases &&
             again.request.wishes.bin == plan->request.wishes.bin &&
             again.request.wishes.style == plan->request.wishes.style,
         "the request survives",
         text);
}

}  // namespace

}  // namespace rehome::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rehome;
    std::optional<base::json::value> value;
    try {
        value = base::parse_json({reinterpret_cast<const char*>(data), size});
    } catch (const base::Error& error) {
        fuzz::hold_refusal(error, base::Kind::usage);
    }
    if (value) {
        fuzz::check(*value);
    }
    return 0;
}
