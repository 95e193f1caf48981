// The input is read twice: as a journal's text, and with the right checksum before each of its
// lines, without which hardly any line would pass. A journal is read or refused for attention;
// cut at any byte, with zeros behind the cut or with one bit turned over it is read as one of its
// prefixes or refused, never as anything else. A record that is written again reads the same.

#include "base/crc.hpp"
#include "fuzz/property.hpp"
#include "journal/journal.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rehome::fuzz {

namespace {

using journal::Journal;

constexpr std::string_view refused = "refused";

// All that a journal says.
std::string told(const std::optional<Journal>& journal) {
    if (!journal) {
        return "nothing";
    }
    std::string text = fmt::format("{} bytes, stage {}, flags {}{}{}{}\n",
                                   journal->bytes,
                                   static_cast<int>(journal->stage),
                                   journal->was_committed,
                                   journal->is_replacing,
                                   journal->is_settled,
                                   journal->has_left) +
                       journal::to_line(journal->begin) +
                       journal::to_line(journal::Staged{"", journal->copies, journal->times});
    for (const journal::SetAside& aside : journal->aside) {
        text += journal::to_line(aside);
    }
    return text;
}

std::string read(const std::string& text) {
    try {
        return told(journal::parse_journal(text, "/state/journal"));
    } catch (const base::Error& error) {
        hold_refusal(error, base::Kind::attention);
        return std::string(refused);
    }
}

// The line without its newline.
void check_record(std::string_view line) {
    std::optional<journal::Record> record;
    try {
        record = journal::parse_line(line, "the journal");
    } catch (const base::Error& error) {
        hold_refusal(error, base::Kind::attention);
    }
    if (record) {
        const std::string written = journal::to_line(*record);
        hold(written.ends_with('\n') && written.find('\n') == written.size() - 1,
             "a record is one line",
             written);
        const auto again =
            journal::parse_line(std::string_view(written).substr(0, written.size() - 1), "again");
        hold(again && again->index() == record->index() && journal::to_line(*again) == written,
             "a record that is written again reads the same",
             written);
    }
}

// The first byte of each line, and the end of the text.
std::vector<std::size_t> line_starts(const std::string& text) {
    std::vector<std::size_t> starts{0};
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\n') {
            starts.push_back(at + 1);
        }
    }
    return starts;
}

std::string sealed(std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view json = lines.substr(0, end);
        text += fmt::format("{} {}", base::crc32_hex(json), json);
        text += end < lines.size() ? "\n" : "";
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return text;
}

void check_cut(const std::string& text, std::size_t length) {
    const std::string cut = text.substr(0, length);
    const std::string whole_lines = read(cut.substr(0, line_starts(cut).back()));
    const std::string as_read = read(cut);
    hold(as_read == whole_lines, "a torn record is the end", cut);
    // Room was reserved behind what was written.
    hold(read(cut + std::string(64, '\0')) == whole_lines, "zeros are the end", cut);
    if (read(text) != refused) {
        hold(as_read != refused, "a part of what can be read can be read", cut);
    }
}

// Every line has its right checksum.
void check_turned_bit(std::string text, std::size_t at, unsigned bit) {
    std::vector<std::string> allowed{std::string(refused)};
    for (const std::size_t start : line_starts(text)) {
        if (start <= at) {
            allowed.push_back(read(text.substr(0, start)));
        }
    }
    text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
    hold(std::ranges::find(allowed, read(text)) != allowed.end(),
         "with a bit turned over it is read as one of its prefixes or refused",
         text);
}

}  // namespace

}  // namespace rehome::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rehome;
    const std::string input(reinterpret_cast<const char*>(data), size);
    const std::string text = fuzz::sealed(input);
    static_cast<void>(fuzz::read(input));
    const std::vector<std::size_t> starts = fuzz::line_starts(text);
    for (std::size_t line = 0; line + 1 < starts.size(); ++line) {
        fuzz::check_record(
            std::string_view(text).substr(starts[line], starts[line + 1] - starts[line] - 1));
    }
    // All places would be too slow; which ones these are, the input decides. A checksum is short,
    // so it gets a turn of its own.
    std::uint32_t choice = base::crc32(input);
    const auto choose = [&](std::size_t count) {
        choice = choice * 1664525U + 1013904223U;
        return (choice >> 8U) % count;
    };
    const int rounds = fuzz::read(text) == fuzz::refused ? 1 : 4;
    for (int round = 0; round < rounds; ++round) {
        fuzz::check_cut(input, choose(input.size() + 1));
        fuzz::check_cut(text, choose(text.size() + 1));
        if (!text.empty()) {
            const auto bit = static_cast<unsigned>(choose(8));
            fuzz::check_turned_bit(text, choose(text.size()), bit);
            const std::size_t start = starts[choose(starts.size())];
            fuzz::check_turned_bit(text, std::min(start + choose(8), text.size() - 1), bit);
        }
    }
    return 0;
}
