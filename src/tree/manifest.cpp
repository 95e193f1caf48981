// The file: records, each a header (payload bytes, XXH3 of the payload; 8 bytes each, little
// endian) and a payload. A directory's payload is its entries one after the other. The last payload
// is the root's entry and the totals; a trailer of 16 bytes (its offset, a mark) ends the file.
// Numbers are base 128, low digits first, as most are small.
#include "tree/manifest.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace rehome::tree {

namespace {

constexpr std::size_t buffer_size = std::size_t{128} * 1024;
constexpr std::string_view mark = "rehome1\n";
constexpr std::size_t word = 8;

void put_word(std::string& text, std::uint64_t number) {
    std::array<char, word> bytes{};
    std::memcpy(bytes.data(), &number, word);
    text.append(bytes.data(), word);
}

std::uint64_t get_word(std::string_view text) {
    std::uint64_t number = 0;
    std::memcpy(&number, text.data(), word);
    return number;
}

void put_number(std::string& text, std::uint64_t number) {
    while (number >= 0x80) {
        text.push_back(static_cast<char>((number & 0x7fU) | 0x80U));
        number >>= 7U;
    }
    text.push_back(static_cast<char>(number));
}

// What makes a copy equal. The rest tells of the original, and is no part of the tree's checksum.
void put_equal(std::string& text, const ManifestEntry& entry) {
    put_number(text, entry.name.size());
    text += entry.name;
    put_number(text, static_cast<std::uint64_t>(entry.type));
    put_number(text, entry.mode);
    put_number(text, entry.user);
    put_number(text, entry.group);
    put_number(text, entry.size);
    put_number(text, static_cast<std::uint64_t>(entry.mtime));
    put_number(text, entry.several_names ? 1 : 0);
    put_number(text, entry.attributes);
    put_word(text, entry.content.low);
    put_word(text, entry.content.high);
}

void put_entry(std::string& text, const ManifestEntry& entry) {
    put_equal(text, entry);
    put_number(text, static_cast<std::uint64_t>(entry.ctime));
    put_number(text, entry.device);
    put_number(text, entry.inode);
    put_number(text, entry.record);
}

base::Error damaged(const std::filesystem::path& path, std::string_view where) {
    return {base::Kind::attention,
            fmt::format("the manifest {} is damaged{}: what was copied cannot be proven",
                        base::in_quotes(path.native()),
                        where),
            "compare the copy with its original by hand before you delete either"};
}

class Reader {
public:
    Reader(std::string_view text, const std::filesystem::path& path) : text_(text), path_(path) {}

    [[nodiscard]] bool at_end() const { return text_.empty(); }

    std::uint64_t number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto digit = static_cast<unsigned char>(take(1).front());
            number |= static_cast<std::uint64_t>(digit & 0x7fU) << shift;
            if (digit < 0x80) {
                break;
            }
        }
        return number;
    }

    std::uint64_t word_number() { return get_word(take(word)); }

    std::string_view take(std::uint64_t bytes) {
        if (bytes > text_.size()) {
            throw damaged(path_, "");
        }
        const std::string_view taken = text_.substr(0, bytes);
        text_.remove_prefix(bytes);
        return taken;
    }

    ManifestEntry entry() {
        ManifestEntry entry;
        entry.name = take(number());
        entry.type = static_cast<os::FileType>(number());
        entry.mode = static_cast<std::uint32_t>(number());
        entry.user = static_cast<std::uint32_t>(number());
        entry.group = static_cast<std::uint32_t>(number());
        entry.size = number();
        entry.mtime = static_cast<std::int64_t>(number());
        entry.several_names = number() != 0;
        entry.attributes = number();
        entry.content.low = word_number();
        entry.content.high = word_number();
        entry.ctime = static_cast<std::int64_t>(number());
        entry.device = number();
        entry.inode = number();
        entry.record = number();
        return entry;
    }

private:
    std::string_view text_;
    const std::filesystem::path& path_;
};

os::AppendFile create(os::Fs& fs, const os::Location& file) {
    fs.remove_file(file);
    return fs.open_for_append(file, os::Open::create_new);
}

}  // namespace

const ManifestEntry* find(const std::vector<ManifestEntry>& entries, const std::string& name) {
    const auto place = std::ranges::lower_bound(entries, name, {}, &ManifestEntry::name);
    return place != entries.end() && place->name == name ? &*place : nullptr;
}

ManifestWriter::ManifestWriter(os::Fs& fs, const os::Location& file)
    : fs_(fs), file_(create(fs, file)) {}

void ManifestWriter::add_directory(ManifestEntry& directory, std::vector<ManifestEntry>& entries) {
    std::ranges::sort(entries, {}, &ManifestEntry::name);
    std::string equal;
    std::string payload;
    for (const ManifestEntry& entry : entries) {
        put_equal(equal, entry);
        put_entry(payload, entry);
    }
    directory.content = base::digest_of(equal);
    directory.record = add_record(payload);
}

std::uint64_t ManifestWriter::add_record(std::string_view payload) {
    const std::uint64_t check = base::digest_of(payload).low;
    const std::lock_guard guard(mutex_);
    const std::uint64_t offset = written_ + buffer_.size();
    put_word(buffer_, payload.size());
    put_word(buffer_, check);
    buffer_ += payload;
    if (buffer_.size() >= buffer_size) {
        flush();
    }
    return offset;
}

void ManifestWriter::flush() {
    fs_.append(file_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
}

void ManifestWriter::finish(const ManifestEntry& root, const ManifestTotals& totals) {
    std::string payload;
    put_entry(payload, root);
    put_number(payload, totals.entries);
    put_number(payload, totals.bytes);
    const std::uint64_t offset = add_record(payload);
    put_word(buffer_, offset);
    buffer_ += mark;
    flush();
    fs_.sync(file_);
}

std::optional<Manifest> Manifest::open(const std::filesystem::path& file) {
    std::optional<os::RandomFile> bytes = os::RandomFile::open(file);
    const std::size_t trailer = word + mark.size();
    if (!bytes || bytes->size() < trailer) {
        return std::nullopt;
    }
    const std::string end = bytes->read(bytes->size() - trailer, trailer);
    if (end.size() != trailer || !end.ends_with(mark)) {
        return std::nullopt;
    }
    Manifest manifest(*std::move(bytes));
    const std::string payload = manifest.payload(get_word(end));
    Reader reader(payload, file);
    manifest.root_ = reader.entry();
    manifest.totals_.entries = reader.number();
    manifest.totals_.bytes = reader.number();
    if (!reader.at_end()) {
        throw damaged(file, "");  // its end points at another record
    }
    return manifest;
}

std::string Manifest::payload(std::uint64_t record) const {
    const std::string where = fmt::format(" at byte {}", record);
    if (record > file_.size()) {
        throw damaged(file_.path(), where);
    }
    const std::string header = file_.read(record, 2 * word);
    Reader reader(header, file_.path());
    const std::uint64_t size = reader.word_number();
    const std::uint64_t check = reader.word_number();
    std::string payload = file_.read(record + 2 * word, std::min(size, file_.size()));
    if (payload.size() != size || base::digest_of(payload).low != check) {
        throw damaged(file_.path(), where);
    }
    return payload;
}

std::vector<ManifestEntry> Manifest::entries(const ManifestEntry& directory) const {
    const std::string text = payload(directory.record);
    Reader reader(text, file_.path());
    std::vector<ManifestEntry> entries;
    while (!reader.at_end()) {
        entries.push_back(reader.entry());
    }
    return entries;
}

}  // namespace rehome::tree
