#include "power/change.hpp"

#include "base/overloaded.hpp"

#include <algorithm>

namespace rehome::power {

namespace {

void carry_out(const NameChange& change, std::vector<Inode>& inodes) {
    Inode& directory = inodes[change.directory];
    if (change.inode) {
        directory.entries[change.name] = *change.inode;
    } else {
        directory.entries.erase(change.name);
    }
    directory.mtime.reset();
}

void write(const Data& data, Fate fate, std::string& content) {
    const std::size_t end = data.offset + data.text.size();
    const std::size_t middle = data.offset + data.text.size() / 2;
    const auto put = [&](std::size_t from, std::size_t to) {
        content.replace(from, to - from, data.text, from - data.offset, to - from);
    };
    content.resize(std::max(content.size(), fate == Fate::half ? middle : end), '\0');
    switch (fate) {
        case Fate::lost:
        case Fate::zeros: break;
        case Fate::kept: put(data.offset, end); break;
        case Fate::half: put(data.offset, middle); break;
        case Fate::behind: put(middle, end); break;
    }
}

bool holds(const std::vector<NameChange>& names, const NameChange& one) {
    return std::any_of(names.begin(), names.end(), [&](const NameChange& other) {
        return other.directory == one.directory && other.name == one.name &&
               other.inode == one.inode;
    });
}

std::vector<Fate> fates_of(const Names& names) {
    const auto is_durable = [](const NameChange& one) { return one.is_durable; };
    if (std::all_of(names.all.begin(), names.all.end(), is_durable)) {
        return {Fate::kept};
    }
    std::vector<Fate> fates = {Fate::kept};
    if (std::none_of(names.all.begin(), names.all.end(), is_durable)) {
        fates.insert(fates.begin(), Fate::lost);
    }
    const bool half_is_possible =
        !names.half.empty() &&
        std::all_of(names.all.begin(), names.all.end(), [&](const NameChange& one) {
            return !one.is_durable || holds(names.half, one);
        });
    if (half_is_possible) {
        fates.push_back(Fate::half);
    }
    return fates;
}

}  // namespace

std::vector<Fate> fates_of(const Change& change) {
    if (const auto* names = std::get_if<Names>(&change.what)) {
        return fates_of(*names);
    }
    if (change.is_durable) {
        return {Fate::kept};
    }
    if (const auto* data = std::get_if<Data>(&change.what); data && data->text.size() > 1) {
        return {Fate::lost, Fate::kept, Fate::half, Fate::zeros, Fate::behind};
    }
    return {Fate::lost, Fate::kept};
}

std::optional<InodeId> inode_of(const Change& change) {
    return std::visit(base::Overloaded{
                          [](const Names&) { return std::optional<InodeId>(); },
                          [](const Data& data) { return std::optional(data.file); },
                          [](const Size& size) { return std::optional(size.file); },
                          [](const Mode& mode) { return std::optional(mode.inode); },
                          [](const Time& time) { return std::optional(time.inode); },
                      },
                      change.what);
}

void carry_out(const Change& change, Fate fate, std::vector<Inode>& inodes) {
    if (fate == Fate::lost) {
        return;
    }
    std::visit(base::Overloaded{
                   [&](const Names& names) {
                       for (const NameChange& one : fate == Fate::half ? names.half : names.all) {
                           carry_out(one, inodes);
                       }
                   },
                   [&](const Data& data) {
                       write(data, fate, inodes[data.file].content);
                       inodes[data.file].mtime.reset();
                   },
                   [&](const Size& size) {
                       inodes[size.file].content.resize(size.bytes, '\0');
                       inodes[size.file].mtime.reset();
                   },
                   [&](const Mode& mode) { inodes[mode.inode].mode = mode.mode; },
                   [&](const Time& time) { inodes[time.inode].mtime = time.mtime; },
               },
               change.what);
}

}  // namespace rehome::power
