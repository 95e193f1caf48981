#include "base/crc.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/journal.hpp"
#include "journal/store.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <cerrno>

using namespace rehome;
using journal::Journal;
using journal::Stage;

namespace {

journal::Begin begin() {
    journal::Begin begin{.id = "7", .time = 1'790'000'000};
    begin.plan.version = "0.1.0";
    begin.plan.homes.push_back({.name = rust::HomeName::cargo,
                                .path = "/home/a/.cargo",
                                .mode = 0755,
                                .previous = "",
                                .previous_journal = ""});
    begin.plan.steps.emplace_back(plan::Switch{.item = "cargo/registry",
                                               .path = "/home/a/.cargo/registry",
                                               .target = "/home/a/.cache/\xFF/registry",
                                               .directory = true,
                                               .regenerable = true,
                                               .identity = {1, 2},
                                               .replaces = plan::EmptyDirectory{0700, 5}});
    begin.times = {{"/home/a/.cargo", 123'456'789}};
    return begin;
}

std::string three_records() {
    return journal::to_line(begin()) + journal::to_line(journal::Committed{}) +
           journal::to_line(journal::RollbackBegin{{{"/home/a/.cargo", 5}}});
}

std::optional<Journal> parse(const std::string& text) {
    return journal::parse_journal(text, "/j/journal");
}

std::string message_of(const std::string& text) {
    try {
        parse(text);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::attention);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a journal is read back as it was written", "[journal]") {
    const std::optional<Journal> journal = parse(three_records());
    REQUIRE(journal);
    CHECK(journal->stage == Stage::rolling_back);
    CHECK(journal->begin.id == "7");
    CHECK(journal->begin.plan.steps == begin().plan.steps);
    CHECK(journal->begin.plan.homes == begin().plan.homes);
    CHECK(journal->begin.times == begin().times);
    CHECK(journal->times == std::vector<journal::PathTime>{{"/home/a/.cargo", 5}});
    CHECK(journal->bytes == three_records().size());
}

TEST_CASE("a journal cut at any byte is read up to its last whole record", "[journal]") {
    const std::string text = three_records();
    const std::size_t first = text.find('\n') + 1;
    const std::size_t second = text.find('\n', first) + 1;
    for (std::size_t length = 0; length <= text.size(); ++length) {
        const std::optional<Journal> journal = parse(text.substr(0, length));
        INFO(length);
        if (length < first) {
            CHECK_FALSE(journal);
        } else if (length < second) {
            CHECK(journal->stage == Stage::begun);
        } else {
            CHECK(journal->stage ==
                  (length < text.size() ? Stage::committed : Stage::rolling_back));
        }
    }
}

TEST_CASE("a last record with a wrong byte is the end of the journal", "[journal]") {
    std::string text = three_records();
    text[text.size() - 3] ^= 1;
    CHECK(parse(text)->stage == Stage::committed);
}

TEST_CASE("zeros that a crash left behind are the end of the journal", "[journal]") {
    CHECK(parse(three_records() + std::string(4096, '\0'))->stage == Stage::rolling_back);
    CHECK_FALSE(parse(std::string(4096, '\0')));
}

TEST_CASE("damage before a whole record is named with its byte", "[journal]") {
    std::string text = three_records();
    const std::size_t second = text.find('\n') + 1;
    text[second + 12] ^= 1;
    CHECK(message_of(text).find("is damaged at byte " + std::to_string(second)) !=
          std::string::npos);
    text = three_records();
    text[20] ^= 1;
    CHECK(message_of(text).find("is damaged at byte 0") != std::string::npos);
}

TEST_CASE("what was copied is read back as it was written", "[journal]") {
    const journal::CopyRecord first{.item = "cargo/registry",
                                    .filesystem = {.type = 0xEF53, .id = 0xFFFF'0000'1234'5678},
                                    .inode = 12,
                                    .birth = 1'795'261'061'478'732'491,
                                    .totals = {.entries = 5, .bytes = 4140},
                                    .tree = {.low = 1, .high = 0x8000'0000'0000'0000}};
    journal::CopyRecord again = first;
    again.inode = 13;
    const std::string text =
        journal::to_line(begin()) + journal::to_line(journal::Staged{"boot", {first}, {{"/x", 9}}});
    CHECK(parse(text)->copies == std::vector{first});
    CHECK(parse(text)->times == std::vector<journal::PathTime>{{"/x", 9}});
    CHECK(parse(text)->stage == Stage::begun);

    const std::string copied = text + journal::to_line(journal::Copied{"boot", {again}});
    CHECK(parse(copied)->copies == std::vector{again});
    const std::string replacing = copied + journal::to_line(journal::Replacing{});
    CHECK(parse(replacing)->is_replacing);
    const std::string committed = replacing + journal::to_line(journal::Committed{});
    CHECK_FALSE(parse(committed)->is_replacing);
    CHECK(parse(committed)->has_unsettled_originals());
    const std::string settled = committed + journal::to_line(journal::Settled{{"cargo/registry"}});
    CHECK_FALSE(parse(settled)->has_unsettled_originals());
    CHECK(parse(settled)->is_in_force());
}

TEST_CASE("what moves on has links left from its commit until it is recorded that they are gone",
          "[journal]") {
    journal::Begin moving = begin();
    auto& step = std::get<plan::Switch>(moving.plan.steps.front());
    step.compat_link = "/home/a/.cargo/registry";
    step.path = "/former/registry";
    const std::string committed = journal::to_line(moving) + journal::to_line(journal::Committed{});
    CHECK(parse(committed)->has_links_left());
    const std::string left = committed + journal::to_line(journal::Left{});
    CHECK_FALSE(parse(left)->has_links_left());
    CHECK(parse(left)->is_in_force());

    const std::string back =
        left + journal::to_line(journal::RollbackBegin{
                   {}, {{.item = "cargo/registry", .way = plan::Way::rename}}});
    CHECK_FALSE(parse(back)->has_links_left());
    CHECK(parse(back)->begin.plan.switches().front()->path == "/home/a/.cargo/registry");
    // The way back failed, and was taken back.
    const std::string again =
        left + journal::to_line(journal::RollbackBegin{}) + journal::to_line(journal::Committed{});
    CHECK(parse(again)->has_links_left());
    // Nothing moves on.
    CHECK_FALSE(parse(journal::to_line(begin()) + journal::to_line(journal::Committed{}))
                    ->has_links_left());
}

TEST_CASE("a record has the answers that were compared, or none", "[journal]") {
    const std::vector<journal::AnswerRecord> answers{
        {"cargo --version", journal::Verdict::same, "0123", "0123"},
        {"rustup toolchain list", journal::Verdict::changed, "0123", "4567"},
        {"rustup which cargo", journal::Verdict::failed, "0123", ""},
        {"rustup show active-toolchain", journal::Verdict::unanswered},
        {"cargo --version", journal::Verdict::incomparable, "0123", ""}};
    const auto reread = [](const journal::Record& record) {
        const std::string line = journal::to_line(record);
        return journal::parse_line(std::string_view(line).substr(0, line.size() - 1), "j");
    };
    CHECK(std::get<journal::Committed>(*reread(journal::Committed{answers})).answers == answers);
    CHECK(std::get<journal::Closed>(*reread(journal::Closed{answers})).answers == answers);
    CHECK(std::get<journal::Committed>(*reread(journal::Committed{})).answers.empty());
    // As it was written before there were any.
    const std::string json = R"({"record":"committed"})";
    CHECK(journal::to_line(journal::Committed{}) == base::crc32_hex(json) + " " + json + "\n");
    const std::string odd = R"({"record":"closed","answers":[{"question":"","verdict":"odd"}]})";
    CHECK(message_of(journal::to_line(begin()) + base::crc32_hex(odd) + " " + odd + "\n")
              .find("'verdict' must be a known verdict") != std::string::npos);
}

TEST_CASE("a journal of a newer format is left alone", "[journal]") {
    journal::Begin newer = begin();
    newer.format = journal::format + 1;
    CHECK(message_of(journal::to_line(newer)).find("has format 5") != std::string::npos);
}

TEST_CASE("a beginning without a plan or with another format is refused", "[journal]") {
    const auto with = [](const std::string& members) {
        const std::string json = "{\"record\":\"begin\"," + members + "}";
        return message_of(base::crc32_hex(json) + " " + json + "\n");
    };
    const std::string rest = "\"id\":\"1\",\"time\":5,\"back\":false,\"times\":[]";
    CHECK(with("\"format\":2," + rest) == "the journal '/j/journal': 'plan' is missing");
    CHECK(with("\"format\":0," + rest).find("'format' must be 1 or more") != std::string::npos);
    // One more than what an int holds, and 2 behind that.
    CHECK(with("\"format\":4294967298," + rest).find("has format 4294967298") != std::string::npos);
}

TEST_CASE("what is torn is cut off before the next record", "[journal]") {
    const support::TempDir directory;
    const auto path = directory / "journal";
    support::write_file(path, three_records().substr(0, three_records().size() - 4));
    os::Fs fs;
    {
        journal::Writer writer = journal::Writer::open(fs, *journal::read_journal(fs, path));
        writer.append(journal::RolledBack{});
    }
    CHECK(journal::read_journal(fs, path)->stage == Stage::rolled_back);
}

namespace {

// A disk whose sync fails once; a second try would seem to work.
class FailingSync : public os::Fs {
public:
    void sync(os::AppendFile& file) override {
        if (++calls_ == 2) {
            throw base::Error(base::Kind::io, "could not sync " + file.path().string());
        }
        Fs::sync(file);
    }

private:
    int calls_ = 0;
};

}  // namespace

TEST_CASE("after a failed sync nothing is written any more", "[journal]") {
    const support::TempDir directory;
    FailingSync fs;
    journal::Writer writer = journal::Writer::create(fs, {fs.open(directory.path()), "journal"});
    writer.append(begin());
    CHECK_THROWS_AS(writer.append(journal::Committed{}), base::Error);
    CHECK(writer.is_unknown());
    CHECK_THROWS_AS(writer.append(journal::RollbackBegin{}), base::Error);
    const Journal journal = *journal::read_journal(fs, directory / "journal");
    CHECK(journal.stage == Stage::committed);  // it may or may not be there after a crash
}

TEST_CASE("ids grow by counting, whatever else is known", "[journal]") {
    const support::TempDir directory;
    os::Fs fs;
    CHECK(journal::create_transaction(fs, directory / "state", {}).id == "1");
    CHECK(journal::create_transaction(fs, directory / "state", {}).id == "2");
    CHECK(journal::create_transaction(fs, directory / "state", {"9", "x"}).id == "10");
    CHECK(journal::create_transaction(fs, directory / "state", {}).id == "11");
}

TEST_CASE("a home's pointer is replaced as a whole and names its journal", "[journal]") {
    const support::TempDir directory;
    os::Fs fs;
    const os::Directory home = fs.open(directory.path());
    CHECK_FALSE(journal::read_pointer(fs, directory.path()));
    journal::write_pointer(fs, home, {"1", "/a/\xFF"});
    journal::write_pointer(fs, home, {"2", "/a/\xFF"});
    CHECK(journal::read_pointer(fs, directory.path()) == journal::Pointer{"2", "/a/\xFF"});
    journal::remove_pointer(fs, home);
    CHECK(fs.is_empty(home));
    support::write_file(directory / ".rehome", "scribble");
    CHECK_THROWS_AS(journal::read_pointer(fs, directory.path()), base::Error);
}
