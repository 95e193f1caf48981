#include "tree/clearing.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/compare.hpp"
#include "tree/copied_entry.hpp"
#include "tree/opening.hpp"
#include "tree/remove.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::tree {

bool Clearing::clear(const os::Location& at, const Recorded& recorded) {
    const std::optional<os::FileInfo> info = fs_.look(at);
    if (!info) {
        return false;
    }
    if (keep_ == nullptr || is_as_recorded(at, recorded, *info)) {
        remove(fs_, at, 1);
        return true;
    }
    os::Location aside{at.directory, at.name + keep_->suffix};
    for (int number = 2; fs_.look(aside); ++number) {
        if (is_same(at, aside)) {
            remove(fs_, at, 1);  // kept by an earlier run
            return true;
        }
        aside.name = fmt::format("{}{}.{}", at.name, keep_->suffix, number);
    }
    if (fs_.rename_new(at, aside) != os::Renamed::done) {
        throw base::Error(
            base::Kind::io,
            fmt::format("somebody goes on changing {}", base::in_quotes(at.path().native())));
    }
    const std::lock_guard guard(mutex_);
    keep_->tell(aside.path());
    return true;
}

bool Clearing::is_same(const os::Location& one, const os::Location& other) const {
    os::CopyBuffer buffer;
    const os::FileCopy first = fs_.examine(one, buffer, os::Cache::used);
    return is_copy(first, fs_.examine(other, buffer, os::Cache::used));
}

bool Clearing::is_our_copy(const os::Location& at, const ManifestEntry& ours) const {
    os::CopyBuffer buffer;
    const os::FileCopy there = fs_.examine(at, buffer, os::Cache::used);
    return there.result == os::FileCopy::Result::done && there.info.mtime == ours.mtime &&
           there.content == ours.content;
}

// The deletion of an original that was cut short, or its undoing, changes the ctime of a file by
// taking another name of it: then the content tells.
bool Clearing::is_as_kept(const os::Location& at, const ManifestEntry& kept,
                          const os::FileInfo& info) const {
    return is_untouched(kept, info) ||
           (kept.several_names && kept.mode == info.mode && kept.user == info.user &&
            kept.group == info.group && is_our_copy(at, kept));
}

bool Clearing::is_as_recorded(const os::Location& at, const Recorded& recorded,
                              const os::FileInfo& info) const {
    const auto is_of_type = [&](const ManifestEntry* entry) {
        return entry != nullptr && entry->type == info.type;
    };
    const Recorded same{is_of_type(recorded.kept) ? recorded.kept : nullptr,
                        is_of_type(recorded.ours) ? recorded.ours : nullptr};
    if (same.none()) {
        return false;
    }
    if (info.type != os::FileType::directory) {
        return (same.kept != nullptr && is_as_kept(at, *same.kept, info)) ||
               (same.ours != nullptr && is_our_copy(at, *same.ours));
    }
    const std::optional<os::Directory> directory = open_if_directory(fs_, at);
    if (!directory) {
        return false;
    }
    using Entries = std::vector<ManifestEntry>;
    const Entries kept = same.kept != nullptr ? keep_->manifest.entries(*same.kept) : Entries();
    const Entries ours = same.ours != nullptr ? keep_->ours->entries(*same.ours) : Entries();
    return std::ranges::all_of(fs_.list(*directory), [&](const os::Entry& entry) {
        const std::optional<os::FileInfo> inner = fs_.look(*directory, entry.name);
        const Recorded known{find(kept, entry.name), find(ours, entry.name)};
        return !inner || is_as_recorded({*directory, entry.name}, known, *inner);
    });
}

}  // namespace rehome::tree
