#include "journal/journal.hpp"

#include "base/error.hpp"
#include "base/overloaded.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rehome::journal {

namespace {

// The records after Begin are small; some dozen of them fit, and undo needs fewer.
constexpr std::uint64_t reserved_bytes = 65536;

// Reads line by line; an unreadable line is the end only if nothing whole comes after it.
class Reader {
public:
    Reader(const std::string& text, const std::filesystem::path& path)
        : text_(text), name_("the journal " + base::in_quotes(path.native())) {
        journal_.path = path;
    }

    std::optional<Journal> read() {
        while (const std::optional<std::string_view> line = next_line()) {
            std::optional<Record> record = parse_line(*line, name_);
            if (!record) {
                refuse_damage(line->size() + 1);
                break;
            }
            take(*std::move(record), at_);
            at_ += line->size() + 1;
            journal_.bytes = at_;
        }
        if (journal_.bytes == 0) {
            return std::nullopt;
        }
        return std::move(journal_);
    }

private:
    // A line without its newline; nothing where none is left or the last has no newline.
    std::optional<std::string_view> next_line() const {
        const std::size_t end = text_.find('\n', at_);
        if (end == std::string::npos) {
            return std::nullopt;
        }
        return std::string_view(text_).substr(at_, end - at_);
    }

    void refuse_damage(std::size_t length) const {
        for (std::size_t at = at_ + length; at < text_.size();) {
            const std::size_t end = text_.find('\n', at);
            if (end == std::string::npos) {
                return;
            }
            if (parse_line(std::string_view(text_).substr(at, end - at), name_)) {
                throw damage(at_, "a record is damaged, and whole ones follow it");
            }
            at = end + 1;
        }
    }

    base::Error damage(std::size_t offset, std::string_view what) const {
        return {base::Kind::attention,
                fmt::format("{} is damaged at byte {}: {}", name_, offset, what),
                "keep the file; `rehome rollback` works without a journal, from the links "
                "themselves, once it is renamed"};
    }

    void take(Record record, std::size_t offset) {
        const bool first = offset == 0;
        if (first != std::holds_alternative<Begin>(record)) {
            throw damage(offset, first ? "it does not begin with its plan" : "a second beginning");
        }
        std::visit(base::Overloaded{
                       [&](Begin& begin) {
                           journal_.times = begin.times;
                           journal_.begin = std::move(begin);
                       },
                       [&](Staged& staged) {
                           journal_.times = std::move(staged.times);
                           journal_.boot = std::move(staged.boot);
                           add(staged.copies);
                       },
                       [&](Copied& copied) {
                           journal_.boot = std::move(copied.boot);
                           add(copied.copies);
                       },
                       [&](Replacing&) { journal_.is_replacing = true; },
                       [&](Committed&) {
                           journal_.stage = Stage::committed;
                           journal_.was_committed = true;
                           journal_.is_replacing = false;
                           journal_.has_left = false;
                       },
                       [&](Settled&) { journal_.is_settled = true; },
                       [&](Left&) { journal_.has_left = true; },
                       [&](RollbackBegin& begin) {
                           journal_.times = std::move(begin.times);
                           journal_.stage = Stage::rolling_back;
                           send_home(journal_.begin.plan, begin.straight);
                       },
                       [&](SetAside& aside) { journal_.aside.push_back(std::move(aside)); },
                       [&](RolledBack&) { journal_.stage = Stage::rolled_back; },
                       [&](Closed&) { journal_.stage = Stage::closed; },
                   },
                   record);
    }

    void add(const std::vector<CopyRecord>& copies) {
        for (const CopyRecord& copy : copies) {
            std::erase_if(journal_.copies,
                          [&](const CopyRecord& known) { return known.item == copy.item; });
            journal_.copies.push_back(copy);
        }
    }

    const std::string& text_;
    std::string name_;
    std::size_t at_ = 0;
    Journal journal_;
};

}  // namespace

bool Journal::is_unfinished() const {
    return stage == Stage::begun || stage == Stage::rolling_back || stage == Stage::rolled_back;
}

bool Journal::has_links_left() const {
    return stage == Stage::committed && !has_left && begin.plan.has_items_that_move_on();
}

void send_home(plan::Plan& plan, const std::vector<StraightHome>& straight) {
    for (const StraightHome& one : straight) {
        for (plan::Step& step : plan.steps) {
            auto* item = std::get_if<plan::Switch>(&step);
            if (item != nullptr && item->item == one.item && plan::moves_on(*item)) {
                item->path = std::exchange(item->compat_link, {});
                item->way = one.way;
            }
        }
    }
}

std::optional<Journal> parse_journal(const std::string& text, const std::filesystem::path& path) {
    return Reader(text, path).read();
}

Writer::Writer(os::Fs& fs, os::AppendFile file, std::uint64_t bytes)
    : fs_(&fs), file_(std::move(file)), bytes_(bytes) {}

Writer Writer::create(os::Fs& fs, const os::Location& file) {
    return {fs, fs.open_for_append(file, os::Open::create_new), 0};
}

Writer Writer::open(os::Fs& fs, const Journal& journal) {
    const os::Directory directory = fs.open(journal.path.parent_path());
    const os::Location at{directory, journal.path.filename().string()};
    Writer writer(fs, fs.open_for_append(at, os::Open::existing), journal.bytes);
    const std::optional<os::FileInfo> info = fs.look(at);
    if (info && info->size != journal.bytes) {
        fs.truncate(writer.file_, journal.bytes);
        fs.sync(writer.file_);
    }
    return writer;
}

void Writer::append(const Record& record) {
    if (unknown_) {
        throw base::Error(base::Kind::attention,
                          fmt::format("the journal {} could not be synced, so nothing more is "
                                      "written to it",
                                      base::in_quotes(path().native())),
                          "mend the disk, then run `rehome resume` or `rehome rollback`");
    }
    const std::string line = to_line(record);
    try {
        if (bytes_ == 0) {
            fs_->reserve(file_, line.size() + reserved_bytes);
        }
        fs_->append(file_, line);
    } catch (const base::Error&) {
        // What was written of it must not stand before the next record.
        fs_->truncate(file_, bytes_);
        throw;
    }
    unknown_ = true;
    fs_->sync(file_);
    unknown_ = false;
    bytes_ += line.size();
}

}  // namespace rehome::journal
