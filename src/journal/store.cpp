#include "journal/store.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rehome::journal {

namespace {

constexpr const char* journal_name = "journal";

// Ids are numbers that grow by counting; other names in the directory are not ours.
std::optional<unsigned long> number_of(const std::string& id) {
    unsigned long number = 0;
    const char* end = id.data() + id.size();
    const auto result = std::from_chars(id.data(), end, number);
    if (id.empty() || result.ptr != end || result.ec != std::errc()) {
        return std::nullopt;
    }
    return number;
}

// Makes the directory and its missing parents; those that got a new entry are added to `changed`.
os::Directory make_directories(os::Fs& fs, const std::filesystem::path& path,
                               std::vector<os::Directory>& changed) {
    if (std::optional<os::Directory> there = fs.open_if_there(path)) {
        return *there;
    }
    const os::Directory parent = make_directories(fs, path.parent_path(), changed);
    fs.make_directory({parent, path.filename().string()}, 0700);
    changed.push_back(parent);
    return fs.open(path);
}

}  // namespace

std::filesystem::path transactions_directory(const std::filesystem::path& state) {
    return state / "transactions";
}

std::optional<Journal> read_journal(const os::ReadFs& fs, const std::filesystem::path& path) {
    const std::optional<std::string> text = fs.read(path);
    return text ? parse_journal(*text, path) : std::nullopt;
}

Shelf read_readable(const os::ReadFs& fs, const std::filesystem::path& state,
                    const std::vector<std::filesystem::path>& homes) {
    Shelf shelf;
    const auto tolerate = [&](const auto& look) {
        try {
            look();
        } catch (const base::Error& error) {
            shelf.damage.push_back(error);
        }
    };
    std::vector<std::filesystem::path> paths;
    const auto add = [&](const std::filesystem::path& path) {
        if (std::ranges::find(paths, path) == paths.end()) {
            paths.push_back(path);
        }
    };
    tolerate([&] {
        const auto directory = fs.open_if_there(transactions_directory(state));
        for (const os::Entry& entry : directory ? fs.list(*directory) : std::vector<os::Entry>{}) {
            if (number_of(entry.name)) {
                add(directory->path() / entry.name / journal_name);
            }
        }
    });
    for (const std::filesystem::path& home : homes) {
        tolerate([&] {
            if (const std::optional<Pointer> pointer = read_pointer(fs, home)) {
                add(pointer->journal);
            }
        });
    }
    for (const std::filesystem::path& path : paths) {
        tolerate([&] {
            if (std::optional<Journal> journal = read_journal(fs, path)) {
                shelf.journals.push_back(*std::move(journal));
            }
        });
    }
    std::ranges::sort(shelf.journals, {}, [](const Journal& journal) {
        return number_of(journal.begin.id).value_or(0);
    });
    return shelf;
}

std::vector<Journal> read_all(const os::ReadFs& fs, const std::filesystem::path& state,
                              const std::vector<std::filesystem::path>& homes) {
    Shelf shelf = read_readable(fs, state, homes);
    if (!shelf.damage.empty()) {
        throw shelf.damage.front();
    }
    return std::move(shelf.journals);
}

Created create_transaction(os::Fs& fs, const std::filesystem::path& state,
                           const std::vector<std::string>& known) {
    std::vector<os::Directory> changed;
    const os::Directory directory = make_directories(fs, transactions_directory(state), changed);
    unsigned long next = 1;
    for (const std::string& id : known) {
        next = std::max(next, number_of(id).value_or(0) + 1);
    }
    for (const os::Entry& entry : fs.list(directory)) {
        next = std::max(next, number_of(entry.name).value_or(0) + 1);
    }
    while (fs.make_directory({directory, std::to_string(next)}, 0700) == os::Made::exists) {
        ++next;  // another rehome took it
    }
    const std::string id = std::to_string(next);
    const os::Directory own = fs.open(directory / id);
    changed.push_back(directory);
    changed.push_back(own);
    return {id, Writer::create(fs, {own, journal_name}), std::move(changed)};
}

std::string manifest_name(std::size_t number, Direction direction) {
    return fmt::format("manifest-{}{}", number, direction == Direction::back ? "-back" : "");
}

void remove_manifests(os::Fs& fs, const std::filesystem::path& journal) {
    const os::Directory own = fs.open(journal.parent_path());
    bool were_there = false;
    for (const os::Entry& entry : fs.list(own)) {
        if (entry.name.starts_with("manifest-")) {
            fs.remove_file({own, entry.name});
            were_there = true;
        }
    }
    // A journal that is closed has nobody who would remove them again.
    if (were_there) {
        fs.sync_directories({own});
    }
}

void remove_transaction(os::Fs& fs, const std::filesystem::path& journal) {
    remove_manifests(fs, journal);
    const os::Directory own = fs.open(journal.parent_path());
    fs.remove_file({own, journal.filename().string()});
    const os::Directory parent = fs.open(journal.parent_path().parent_path());
    fs.remove_directory({parent, journal.parent_path().filename().string()});
    fs.sync_directories({parent});
}

}  // namespace rehome::journal
