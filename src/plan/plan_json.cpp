#include "plan/plan_json.hpp"

#include "base/word.hpp"
#include "plan/step_json.hpp"

#include <algorithm>
#include <array>

namespace rehome::plan {

using base::bytes_to_json;
using base::JsonReader;
using base::json::array;
using base::json::object;
using base::json::value;

namespace {

constexpr std::array<std::string_view, 4> type_names{"file", "directory", "symlink", "other"};

template <class Values, class Convert>
array list_of(const Values& values, Convert convert) {
    array list;
    for (const auto& one : values) {
        list.push_back(convert(one));
    }
    return list;
}

// A word of a fixed list as its number.
template <class Enum, class Names>
Enum parse_word(const JsonReader& reader, std::string_view member, const Names& name_of,
                std::size_t count) {
    const std::string word = reader.text(member);
    for (std::size_t index = 0; index < count; ++index) {
        if (name_of(static_cast<Enum>(index)) == word) {
            return static_cast<Enum>(index);
        }
    }
    reader.fail(member, "a known word");
}

rust::HomeName home_from(const JsonReader& reader, std::string_view member) {
    return parse_word<rust::HomeName>(reader, member, rust::name_of, rust::home_names.size());
}

rules::Category category_from(const JsonReader& reader, std::string_view member) {
    return parse_word<rules::Category>(
        reader, member, [](rules::Category category) { return rules::name_of(category); }, 6);
}

object item_to_json(const PlannedItem& item) {
    object json{{"item", bytes_to_json(item.item)},
                {"home", rust::name_of(item.home)},
                {"fate", name_of(item.fate)},
                {"category", rules::name_of(item.category)},
                {"path", bytes_to_json(item.path.native())},
                {"target", bytes_to_json(item.target.native())},
                {"how", item.fate == Fate::move ? name_of(item.way) : "none"},
                {"filesystem", bytes_to_json(item.filesystem.native())},
                {"type", type_names[static_cast<std::size_t>(item.type)]},
                {"identity", to_json(item.identity)},
                {"link_text", bytes_to_json(item.link_text)},
                {"why", bytes_to_json(item.why)},
                {"directory", item.directory},
                {"regenerable", item.regenerable},
                {"replaces_empty_directory", item.replaces_empty_directory}};
    if (!item.from.empty()) {
        json["from"] = bytes_to_json(item.from.native());
    }
    if (!item.filesystem_left.empty()) {
        json["filesystem_left"] = bytes_to_json(item.filesystem_left.native());
    }
    if (item.size) {
        json["size"] = to_json(*item.size);
    }
    if (item.dropped) {
        json["dropped"] = to_json(*item.dropped);
    }
    return json;
}

tree::TreeSize size_from_json(const JsonReader& reader) {
    return {.bytes = reader.count("bytes"),
            .disk_bytes = reader.count("disk_bytes"),
            .files = reader.count("files"),
            .directories = reader.count("directories"),
            .unreadable = reader.count("unreadable")};
}

// Only what moves has a way.
Way way_from_json(const JsonReader& reader, Fate fate) {
    const std::string word = reader.text("how");
    const std::optional<Way> way = way_named(word);
    if (fate == Fate::move ? !way : word != "none") {
        reader.fail("how", fate == Fate::move ? "rename, copy or replace" : "none");
    }
    return way.value_or(Way::rename);
}

PlannedItem item_from_json(const value& json, const std::string& where) {
    const JsonReader reader(json, where);
    const auto type_name = [](os::FileType type) {
        return type_names[static_cast<std::size_t>(type)];
    };
    PlannedItem item{.item = reader.bytes("item"),
                     .home = home_from(reader, "home"),
                     .fate = parse_word<Fate>(
                         reader, "fate", [](Fate fate) { return name_of(fate); }, 10),
                     .category = category_from(reader, "category"),
                     .path = reader.bytes("path"),
                     .from = reader.optional_bytes("from").value_or(""),
                     .target = reader.bytes("target"),
                     .type = parse_word<os::FileType>(reader, "type", type_name, 4),
                     .identity = identity_from_json(reader.object("identity")),
                     .link_text = reader.bytes("link_text"),
                     .why = reader.bytes("why"),
                     .directory = reader.flag("directory"),
                     .regenerable = reader.flag("regenerable"),
                     .replaces_empty_directory = reader.flag("replaces_empty_directory"),
                     .way = Way::rename,
                     .filesystem = reader.optional_bytes("filesystem").value_or(""),
                     .filesystem_left = reader.optional_bytes("filesystem_left").value_or(""),
                     .size = std::nullopt,
                     .dropped = std::nullopt};
    item.way = way_from_json(reader, item.fate);
    if (const auto size = reader.optional_object("size")) {
        item.size = size_from_json(*size);
    }
    if (const auto dropped = reader.optional_object("dropped")) {
        item.dropped = size_from_json(*dropped);
    }
    return item;
}

object home_to_json(const PlannedHome& home) {
    return {{"home", rust::name_of(home.name)},
            {"path", bytes_to_json(home.path.native())},
            {"mode", home.mode},
            {"pointer", home.pointer},
            {"previous", home.previous},
            {"previous_journal", bytes_to_json(home.previous_journal.native())}};
}

PlannedHome home_from_json(const value& json, const std::string& where) {
    const JsonReader reader(json, where);
    return {.name = home_from(reader, "home"),
            .path = reader.bytes("path"),
            .mode = mode_from_json(reader),
            .pointer = reader.text("pointer"),
            .previous = reader.text("previous"),
            .previous_journal = reader.bytes("previous_journal")};
}

object request_to_json(const Request& request) {
    object bases;
    for (const auto& [category, base] : request.wishes.bases) {
        bases[rules::name_of(category)] = bytes_to_json(base);
    }
    object json{
        {"profile", request.profile},
        {"homes",
         list_of(request.homes, [](rust::HomeName name) { return value(rust::name_of(name)); })},
        {"only",
         list_of(request.selection.only, [](const std::string& word) { return value(word); })},
        {"exclude",
         list_of(request.selection.exclude, [](const std::string& word) { return value(word); })},
        {"bases", std::move(bases)},
        {"allow_volatile", request.allow_volatile},
        {"offline", request.offline},
        {"drop_regenerable", request.drop_regenerable},
        {"keep_originals", request.keep_originals},
        {"verify", name_of(request.verify)}};
    if (request.rules) {
        json["rules"] = bytes_to_json(request.rules->native());
    }
    if (request.program_links) {
        json["program_links"] = bytes_to_json(request.program_links->native());
    }
    if (request.legacy_home) {
        json["legacy_home"] = name_of(*request.legacy_home);
    }
    if (request.wishes.bin) {
        json["bin"] = bytes_to_json(*request.wishes.bin);
    }
    if (request.wishes.style) {
        json["native"] = *request.wishes.style == layout::Style::native;
    }
    return json;
}

std::string word_of(const value& json, const JsonReader& reader, std::string_view member) {
    if (!json.is_string()) {
        reader.fail(member, "a list of strings");
    }
    return {json.get_string().data(), json.get_string().size()};
}

// Journals of format 1 lack these.
void read_copying(const JsonReader& reader, Request& request) {
    const auto flag = [&](std::string_view name) { return reader.has(name) && reader.flag(name); };
    request.offline = flag("offline");
    request.drop_regenerable = flag("drop_regenerable");
    request.keep_originals = flag("keep_originals");
    if (reader.has("verify")) {
        const std::optional<Verify> verify = verify_named(reader.text("verify"));
        if (!verify) {
            reader.fail("verify", base::listed(verify_names()));
        }
        request.verify = *verify;
    }
}

Request request_from_json(const JsonReader& reader) {
    Request request;
    request.profile = reader.text("profile");
    for (const value& json : reader.list("homes")) {
        const auto home = rust::home_named(word_of(json, reader, "homes"));
        if (!home) {
            reader.fail("homes", "a list of cargo and rustup");
        }
        request.homes.insert(*home);
    }
    for (const value& json : reader.list("only")) {
        request.selection.only.insert(word_of(json, reader, "only"));
    }
    for (const value& json : reader.list("exclude")) {
        request.selection.exclude.insert(word_of(json, reader, "exclude"));
    }
    const JsonReader bases = reader.object("bases");
    for (const rules::Category category : rules::placed_categories) {
        if (const auto base = bases.optional_bytes(rules::name_of(category))) {
            request.wishes.bases[category] = *base;
        }
    }
    request.allow_volatile = reader.flag("allow_volatile");
    read_copying(reader, request);
    if (const auto rules = reader.optional_bytes("rules")) {
        request.rules = *rules;
    }
    if (const auto directory = reader.optional_bytes("program_links")) {
        request.program_links = *directory;
    }
    if (reader.has("legacy_home")) {
        request.legacy_home = parse_word<LegacyHome>(
            reader, "legacy_home", [](LegacyHome legacy) { return name_of(legacy); }, 2);
    }
    request.wishes.bin = reader.optional_bytes("bin");
    if (reader.has("native")) {
        request.wishes.style = reader.flag("native") ? layout::Style::native : layout::Style::xdg;
    }
    return request;
}

Finding finding_from_json(const value& json, const std::string& where) {
    const JsonReader reader(json, where);
    const auto severity = parse_word<Severity>(
        reader, "severity", [](Severity one) { return name_of(one); }, 2);
    return {.severity = severity,
            .code = reader.text("code"),
            .path = reader.bytes("path"),
            .text = reader.bytes("text"),
            .help = reader.bytes("help")};
}

}  // namespace

object to_json(const Finding& finding) {
    return {{"severity", name_of(finding.severity)},
            {"code", finding.code},
            {"path", bytes_to_json(finding.path)},
            {"text", bytes_to_json(finding.text)},
            {"help", bytes_to_json(finding.help)}};
}

object to_json(const tree::TreeSize& size) {
    return {{"bytes", size.bytes},
            {"disk_bytes", size.disk_bytes},
            {"files", size.files},
            {"directories", size.directories},
            {"unreadable", size.unreadable}};
}

object to_json(const Plan& plan) {
    return {
        {"version", plan.version},
        {"profile", plan.profile},
        {"rules_digest", plan.rules_digest},
        {"request", request_to_json(plan.request)},
        {"homes", list_of(plan.homes, home_to_json)},
        {"items", list_of(plan.items, item_to_json)},
        {"directories",
         list_of(plan.directories,
                 [](const UsedDirectory& used) {
                     return object{{"home", rust::name_of(used.home)},
                                   {"category", rules::name_of(used.category)},
                                   {"path", bytes_to_json(used.path)}};
                 })},
        {"parted", list_of(plan.parted, bytes_to_json)},
        {"steps", list_of(plan.steps, [](const Step& step) { return to_json(step); })},
        {"findings",
         list_of(plan.findings, [](const Finding& finding) { return to_json(finding); })},
    };
}

Plan plan_from_json(const value& json, const std::string& where) {
    const JsonReader reader(json, where);
    Plan plan;
    plan.version = reader.text("version");
    plan.profile = reader.text("profile");
    plan.rules_digest = reader.text("rules_digest");
    plan.request = request_from_json(reader.object("request"));
    for (const value& home : reader.list("homes")) {
        plan.homes.push_back(home_from_json(home, where + ", in 'homes'"));
    }
    for (const value& item : reader.list("items")) {
        plan.items.push_back(item_from_json(item, where + ", in 'items'"));
    }
    for (const value& used : reader.list("directories")) {
        const JsonReader one(used, where + ", in 'directories'");
        plan.directories.push_back(
            {home_from(one, "home"), category_from(one, "category"), one.bytes("path")});
    }
    if (reader.has("parted")) {
        plan.parted = reader.bytes_list("parted");
    }
    for (const value& step : reader.list("steps")) {
        plan.steps.push_back(step_from_json(step, where + ", in 'steps'"));
    }
    for (const value& finding : reader.list("findings")) {
        plan.findings.push_back(finding_from_json(finding, where + ", in 'findings'"));
    }
    return plan;
}

}  // namespace rehome::plan
