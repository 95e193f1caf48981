#include "base/error.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"
#include "tree/manifest.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>

using namespace rehome;
using namespace rehome::support;
using tree::Manifest;
using tree::ManifestEntry;

namespace {

ManifestEntry entry_named(std::string name) {
    return {.name = std::move(name),
            .type = os::FileType::file,
            .mode = 04755,
            .user = 1000,
            .group = std::numeric_limits<std::uint32_t>::max(),
            .size = std::numeric_limits<std::uint64_t>::max(),
            .mtime = -1,
            .ctime = std::numeric_limits<std::int64_t>::min(),
            .device = 0x801,
            .inode = 1'234'567'890'123,
            .several_names = true,
            .content = {.low = 7, .high = ~std::uint64_t{0}},
            .attributes = 99};
}

void check_same(const ManifestEntry& one, const ManifestEntry& other) {
    CHECK(one.name == other.name);
    CHECK(one.type == other.type);
    CHECK(one.mode == other.mode);
    CHECK(one.user == other.user);
    CHECK(one.group == other.group);
    CHECK(one.size == other.size);
    CHECK(one.mtime == other.mtime);
    CHECK(one.ctime == other.ctime);
    CHECK(one.device == other.device);
    CHECK(one.inode == other.inode);
    CHECK(one.several_names == other.several_names);
    CHECK(one.content == other.content);
    CHECK(one.attributes == other.attributes);
}

const std::vector<std::string> names = {"", "\n", "a", "a\xff", std::string(255, 'z'), "rehome1\n"};

// A root with two directories in it, one of them empty, and some files.
ManifestEntry write_manifest(const std::filesystem::path& file) {
    os::Fs fs;
    tree::ManifestWriter writer(fs, at(file));
    ManifestEntry inner{.name = "inner", .type = os::FileType::directory, .mode = 0700};
    std::vector<ManifestEntry> files;
    for (const std::string& name : names) {
        files.insert(files.begin(), entry_named(name));
    }
    writer.add_directory(inner, files);
    ManifestEntry empty{.name = "empty", .type = os::FileType::directory};
    std::vector<ManifestEntry> nothing;
    writer.add_directory(empty, nothing);
    ManifestEntry root{.type = os::FileType::directory, .mode = 01777};
    std::vector<ManifestEntry> directories{inner, empty};
    writer.add_directory(root, directories);
    writer.finish(root, {.entries = 9, .bytes = 12345});
    return root;
}

// All that is in it, in one text.
std::string text_of(const Manifest& manifest, const ManifestEntry& directory) {
    std::string text;
    for (const ManifestEntry& entry : manifest.entries(directory)) {
        text += entry.name + ":" + std::to_string(entry.size) + base::to_hex(entry.content) + " ";
        if (entry.type == os::FileType::directory) {
            text += text_of(manifest, entry);
        }
    }
    return text;
}

// What becomes of it when it is opened and read: its text, "never finished" or "damaged".
std::string outcome(const std::filesystem::path& file) {
    try {
        const auto manifest = Manifest::open(file);
        if (!manifest) {
            return "never finished";
        }
        const tree::ManifestTotals& totals = manifest->totals();
        return text_of(*manifest, manifest->root()) + std::to_string(manifest->root().mode) +
               std::to_string(totals.entries) + "," + std::to_string(totals.bytes);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::attention);
        return "damaged";
    }
}

}  // namespace

TEST_CASE("a manifest gives back what was written", "[tree]") {
    const TempDir directory;
    const ManifestEntry root = write_manifest(directory / "m");
    const auto manifest = Manifest::open(directory / "m");
    REQUIRE(manifest);
    check_same(manifest->root(), root);
    CHECK(manifest->totals() == tree::ManifestTotals{9, 12345});
    const auto outer = manifest->entries(manifest->root());
    REQUIRE(outer.size() == 2);
    CHECK(outer[0].name == "empty");
    CHECK(manifest->entries(outer[0]).empty());
    const auto inner = manifest->entries(outer[1]);
    REQUIRE(inner.size() == names.size());
    for (const std::string& name : names) {
        const ManifestEntry* entry = tree::find(inner, name);
        REQUIRE(entry != nullptr);
        check_same(*entry, entry_named(name));
    }
    CHECK(tree::find(inner, "b") == nullptr);
}

TEST_CASE("a manifest that was cut is never complete", "[tree]") {
    const TempDir directory;
    write_manifest(directory / "m");
    const std::string whole = read_file(directory / "m");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_file(directory / "cut", std::string_view(whole).substr(0, length));
        const std::string found = outcome(directory / "cut");
        CHECK((found == "never finished" || found == "damaged"));
    }
    write_file(directory / "cut", whole + std::string(100, '\0'));
    CHECK(outcome(directory / "cut") == "never finished");
    CHECK_FALSE(Manifest::open(directory / "missing"));
    CHECK_FALSE(Manifest::open(directory / "m/missing"));
}

TEST_CASE("no damage to a manifest goes unnoticed", "[tree]") {
    const TempDir directory;
    write_manifest(directory / "m");
    std::string bytes = read_file(directory / "m");
    const std::string sound = outcome(directory / "m");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const int bit : {0, 7}) {
            const char kept = bytes[at];
            bytes[at] = static_cast<char>(kept ^ (1 << bit));
            write_file(directory / "bad", bytes);
            const std::string found = outcome(directory / "bad");
            CHECK((found == "never finished" || found == "damaged"));
            bytes[at] = kept;
        }
    }
    CHECK(sound.find("rehome1\n") != std::string::npos);
}

TEST_CASE("a manifest whose end points at another record is damaged", "[tree]") {
    const TempDir directory;
    write_manifest(directory / "m");
    std::string bytes = read_file(directory / "m");
    const std::size_t end = bytes.size() - 16;
    const std::uint64_t size = bytes.size();
    for (std::uint64_t place = 0; place < size; ++place) {
        std::string other = bytes;
        for (std::size_t index = 0; index < 8; ++index) {
            other[end + index] = static_cast<char>(place >> (8 * index));
        }
        if (other != bytes) {
            write_file(directory / "bad", other);
            CHECK(outcome(directory / "bad") == "damaged");
        }
    }
}

TEST_CASE("a directory's digest covers what makes a copy equal, and only that", "[tree]") {
    const TempDir directory;
    os::Fs fs;
    tree::ManifestWriter writer(fs, at(directory / "m"));
    const auto digest_with = [&](const std::function<void(ManifestEntry&)>& change) {
        ManifestEntry own{.type = os::FileType::directory};
        std::vector<ManifestEntry> entries{entry_named("a"), entry_named("b")};
        change(entries[1]);
        writer.add_directory(own, entries);
        return own.content;
    };
    const base::Digest digest = digest_with([](ManifestEntry&) {});
    CHECK(digest_with([](ManifestEntry& entry) { entry.ctime = 5; }) == digest);
    CHECK(digest_with([](ManifestEntry& entry) { entry.inode = 5; }) == digest);
    CHECK(digest_with([](ManifestEntry& entry) { entry.device = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.name = "c"; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.mode = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.user = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.group = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.size = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.mtime = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.attributes = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.content.high = 5; }) == digest);
    CHECK_FALSE(digest_with([](ManifestEntry& entry) { entry.several_names = false; }) == digest);
}
