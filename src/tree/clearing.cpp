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

bool Clearing::clear(const os::Location& at, const ManifestEntry* kept) {
    const std::optional<os::FileInfo> info = fs_.look(at);
    if (!info) {
        return false;
    }
    if (keep_ == nullptr || is_as_recorded(at, kept, *info)) {
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

bool Clearing::is_as_recorded(const os::Location& at, const ManifestEntry* kept,
                              const os::FileInfo& info) const {
    if (kept == nullptr || kept->type != info.type) {
        return false;
    }
    if (info.type != os::FileType::directory) {
        return is_untouched(*kept, info);
    }
    const std::optional<os::Directory> directory = open_if_directory(fs_, at);
    const std::vector<ManifestEntry> entries = keep_->manifest.entries(*kept);
    return directory && std::ranges::all_of(fs_.list(*directory), [&](const os::Entry& entry) {
               const std::optional<os::FileInfo> inner = fs_.look(*directory, entry.name);
               return !inner ||
                      is_as_recorded({*directory, entry.name}, find(entries, entry.name), *inner);
           });
}

}  // namespace rehome::tree
