#include "journal/record.hpp"

#include "base/crc.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "plan/plan_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rehome::journal {

using base::json::array;
using base::json::object;

namespace {

constexpr std::size_t crc_digits = 8;

array to_json(const std::vector<PathTime>& times) {
    array list;
    for (const PathTime& time : times) {
        list.push_back(
            object{{"path", base::bytes_to_json(time.path.native())}, {"mtime", time.mtime}});
    }
    return list;
}

std::vector<PathTime> times_from(const base::JsonReader& reader) {
    std::vector<PathTime> times;
    for (const base::json::value& value : reader.list("times")) {
        const base::JsonReader one(value, reader.where() + ", in 'times'");
        times.push_back({one.bytes("path"), one.number("mtime")});
    }
    return times;
}

array to_json(const std::vector<CopyRecord>& copies) {
    array list;
    for (const CopyRecord& copy : copies) {
        list.push_back(object{{"item", base::bytes_to_json(copy.item)},
                              {"filesystem_type", copy.filesystem.type},
                              {"filesystem", copy.filesystem.id},
                              {"inode", copy.inode},
                              {"birth", copy.birth},
                              {"entries", copy.totals.entries},
                              {"bytes", copy.totals.bytes},
                              {"tree_low", copy.tree.low},
                              {"tree_high", copy.tree.high}});
    }
    return list;
}

std::vector<CopyRecord> copies_from(const base::JsonReader& reader) {
    std::vector<CopyRecord> copies;
    for (const base::json::value& value : reader.list("copies")) {
        const base::JsonReader one(value, reader.where() + ", in 'copies'");
        copies.push_back({.item = one.bytes("item"),
                          .filesystem = {one.count("filesystem_type"), one.count("filesystem")},
                          .inode = one.count("inode"),
                          .birth = one.number("birth"),
                          .totals = {one.count("entries"), one.count("bytes")},
                          .tree = {one.count("tree_low"), one.count("tree_high")}});
    }
    return copies;
}

std::vector<std::string> kept_from(const base::JsonReader& reader) {
    std::vector<std::string> kept;
    for (const base::json::value& value : reader.list("kept")) {
        kept.push_back(base::JsonReader(value, reader.where() + ", in 'kept'").bytes("item"));
    }
    return kept;
}

std::vector<StraightHome> straight_from(const base::JsonReader& reader) {
    std::vector<StraightHome> straight;
    if (!reader.has("straight")) {
        return straight;
    }
    for (const base::json::value& value : reader.list("straight")) {
        const base::JsonReader one(value, reader.where() + ", in 'straight'");
        const std::optional<plan::Way> way = plan::way_named(one.text("way"));
        if (!way) {
            one.fail("way", "rename or copy");
        }
        straight.push_back({one.bytes("item"), *way});
    }
    return straight;
}

object rollback_to_json(const RollbackBegin& begin) {
    object record{{"record", "rollback_begin"}, {"times", to_json(begin.times)}};
    if (!begin.straight.empty()) {
        array list;
        for (const StraightHome& one : begin.straight) {
            list.push_back(
                object{{"item", base::bytes_to_json(one.item)}, {"way", plan::name_of(one.way)}});
        }
        record["straight"] = std::move(list);
    }
    return record;
}

constexpr std::array<std::pair<Verdict, std::string_view>, 5> verdict_names{
    {{Verdict::same, "same"},
     {Verdict::changed, "changed"},
     {Verdict::failed, "failed"},
     {Verdict::unanswered, "unanswered"},
     {Verdict::incomparable, "incomparable"}}};

// A record that may have answers.
object with_answers(std::string_view kind, const std::vector<AnswerRecord>& answers) {
    object record{{"record", kind}};
    if (!answers.empty()) {
        array list;
        for (const AnswerRecord& answer : answers) {
            const auto* const name = std::ranges::find(
                verdict_names, answer.verdict, &std::pair<Verdict, std::string_view>::first);
            list.push_back(object{{"question", answer.question},
                                  {"verdict", name->second},
                                  {"before", answer.before},
                                  {"after", answer.after}});
        }
        record["answers"] = std::move(list);
    }
    return record;
}

std::vector<AnswerRecord> answers_from(const base::JsonReader& reader) {
    std::vector<AnswerRecord> answers;
    if (!reader.has("answers")) {
        return answers;
    }
    for (const base::json::value& value : reader.list("answers")) {
        const base::JsonReader one(value, reader.where() + ", in 'answers'");
        const std::string verdict = one.text("verdict");
        const auto* const name = std::ranges::find(
            verdict_names, verdict, &std::pair<Verdict, std::string_view>::second);
        if (name == verdict_names.end()) {
            one.fail("verdict", "a known verdict");
        }
        answers.push_back(
            {one.text("question"), name->first, one.text("before"), one.text("after")});
    }
    return answers;
}

object to_json(const Record& record) {
    return std::visit(
        base::Overloaded{
            [](const Begin& begin) -> object {
                return {{"record", "begin"},
                        {"format", begin.format},
                        {"id", begin.id},
                        {"time", begin.time},
                        {"back", begin.direction == Direction::back},
                        {"plan", plan::to_json(begin.plan)},
                        {"times", to_json(begin.times)}};
            },
            [](const Staged& staged) -> object {
                return {{"record", "staged"},
                        {"boot", staged.boot},
                        {"copies", to_json(staged.copies)},
                        {"times", to_json(staged.times)}};
            },
            [](const Copied& copied) -> object {
                return {{"record", "copied"},
                        {"boot", copied.boot},
                        {"copies", to_json(copied.copies)}};
            },
            [](const Replacing&) -> object {
                return {{"record", "replacing"}};
            },
            [](const Settled& settled) -> object {
                array kept;
                for (const std::string& item : settled.kept) {
                    kept.push_back(object{{"item", base::bytes_to_json(item)}});
                }
                return {{"record", "settled"}, {"kept", std::move(kept)}};
            },
            [](const Committed& committed) -> object {
                return with_answers("committed", committed.answers);
            },
            [](const Left&) -> object {
                return {{"record", "left"}};
            },
            [](const RollbackBegin& begin) -> object { return rollback_to_json(begin); },
            [](const SetAside& aside) -> object {
                return {{"record", "set_aside"},
                        {"item", base::bytes_to_json(aside.item)},
                        {"path", base::bytes_to_json(aside.path)}};
            },
            [](const RolledBack&) -> object {
                return {{"record", "rolled_back"}};
            },
            [](const Closed& closed) -> object { return with_answers("closed", closed.answers); },
        },
        record);
}

Begin begin_from(const base::JsonReader& reader, const std::string& journal) {
    const std::int64_t number = reader.number("format");
    if (number < 1) {
        reader.fail("format", "1 or more");
    }
    if (number > format) {
        throw base::Error(
            base::Kind::attention,
            fmt::format(
                "{} has format {}, and this rehome knows up to {}", journal, number, format),
            "use the version of rehome that wrote it, or a newer one");
    }
    return {.format = static_cast<int>(number),
            .id = reader.text("id"),
            .time = reader.number("time"),
            .direction = reader.flag("back") ? Direction::back : Direction::forward,
            .plan = plan::plan_from_json(reader.member("plan"), journal),
            .times = times_from(reader)};
}

}  // namespace

std::string to_line(const Record& record) {
    const std::string json = base::json::serialize(to_json(record));
    return fmt::format("{} {}\n", base::crc32_hex(json), json);
}

std::optional<Record> parse_line(std::string_view line, const std::string& journal) {
    if (line.size() <= crc_digits || line[crc_digits] != ' ' ||
        base::crc32_hex(line.substr(crc_digits + 1)) != line.substr(0, crc_digits)) {
        return std::nullopt;
    }
    // The CRC agrees: what is wrong from here on was written so.
    try {
        const base::json::value value = base::parse_json(line.substr(crc_digits + 1));
        const base::JsonReader reader(value, journal);
        const std::string kind = reader.text("record");
        if (kind == "begin") {
            return begin_from(reader, journal);
        }
        if (kind == "staged") {
            return Staged{reader.text("boot"), copies_from(reader), times_from(reader)};
        }
        if (kind == "copied") {
            return Copied{reader.text("boot"), copies_from(reader)};
        }
        if (kind == "replacing") {
            return Replacing{};
        }
        if (kind == "settled") {
            return Settled{kept_from(reader)};
        }
        if (kind == "committed") {
            return Committed{answers_from(reader)};
        }
        if (kind == "left") {
            return Left{};
        }
        if (kind == "rollback_begin") {
            return RollbackBegin{times_from(reader), straight_from(reader)};
        }
        if (kind == "set_aside") {
            return SetAside{reader.bytes("item"), reader.bytes("path")};
        }
        if (kind == "rolled_back") {
            return RolledBack{};
        }
        if (kind == "closed") {
            return Closed{answers_from(reader)};
        }
        reader.fail("record", "a known kind of record");
    } catch (base::Error& error) {
        error.set_kind(base::Kind::attention);
        throw;
    }
}

}  // namespace rehome::journal
