#include "apply/late_writes.hpp"

#include "apply/switcher.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/compare.hpp"
#include "tree/copied_entry.hpp"
#include "tree/mirror.hpp"
#include "tree/opening.hpp"
#include "tree/remove.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace rehome::apply {

namespace {

using tree::Difference;
using Result = os::FileCopy::Result;

class Carrier {
public:
    Carrier(const Context& context, const LateOriginal& original, const os::Location& target)
        : fs_(context.fs), tell_(context.tell), original_(original), target_(target) {
        buffer_.may_inherit = true;
    }

    void carry(const Difference& late) {
        if (late.what == Difference::What::missing) {
            return;
        }
        const std::optional<os::Location> from = inside(original_.place, late.path);
        const std::optional<os::Location> to = inside(target_, late.path);
        if (!from) {
            return;  // it has gone again
        }
        if (!to) {
            tell_("Kept",
                  fmt::format("{}, written at the last moment, where it is: its directory at {} is "
                              "gone",
                              base::in_quotes(from->path().native()),
                              base::in_quotes(target_.path().native())));
        } else if (late.type == os::FileType::directory) {
            carry_directory(late, *from, *to);
        } else if (is_same(*from, *to)) {
            return;  // an earlier run has carried it
        } else if (!is_as_copied(*to, late.path) || !put(*from, *to, late.path)) {
            keep_both(*from, *to);
        }
    }

private:
    // Nothing where the way there has gone, or leads elsewhere by now.
    std::optional<os::Location> inside(const os::Location& root, const std::string& path) const {
        if (path.empty()) {
            return root;
        }
        try {
            return tree::place_below(fs_, root.directory, root.name + "/" + path);
        } catch (const base::Error&) {
            return std::nullopt;
        }
    }

    // A new directory: the files in it. One that changed: only its entries matter, and they are
    // differences of their own.
    void carry_directory(const Difference& late, const os::Location& from, const os::Location& to) {
        if (late.what != Difference::What::extra) {
            return;
        }
        const std::optional<os::Directory> directory = tree::open_if_directory(fs_, from);
        if (!directory) {
            return;
        }
        const bool is_new = fs_.make_directory(to, 0700) == os::Made::done;
        for (const os::Entry& entry : fs_.list(*directory)) {
            const std::optional<os::FileInfo> info = fs_.look(*directory, entry.name);
            if (info) {
                carry({Difference::What::extra, late.path + "/" + entry.name, info->type});
            }
        }
        if (const auto made = tree::open_if_directory(fs_, to); made && is_new) {
            fs_.copy_attributes(*directory, *made);
        }
    }

    bool is_same(const os::Location& one, const os::Location& other) {
        return fs_.look(other) && tree::is_copy(fs_.examine(one, buffer_, os::Cache::used),
                                                fs_.examine(other, buffer_, os::Cache::used));
    }

    // Nobody has worked on it at the target since.
    bool is_as_copied(const os::Location& to, const std::string& path) {
        const std::optional<os::FileInfo> there = fs_.look(to);
        const std::optional<tree::ManifestEntry> known = find(path);
        if (!there || !known) {
            return !there && !known;
        }
        const os::FileCopy now = fs_.examine(to, buffer_, os::Cache::used);
        return now.result == Result::done && now.info.type == known->type &&
               now.info.mtime == known->mtime && now.content == known->content;
    }

    std::optional<tree::ManifestEntry> find(const std::string& path) const {
        tree::ManifestEntry entry = original_.manifest.root();
        for (const auto& part : std::filesystem::path(path)) {
            if (entry.type != os::FileType::directory) {
                return std::nullopt;
            }
            const std::vector<tree::ManifestEntry> entries = original_.manifest.entries(entry);
            const auto found =
                std::ranges::lower_bound(entries, part.string(), {}, &tree::ManifestEntry::name);
            if (found == entries.end() || found->name != part.string()) {
                return std::nullopt;
            }
            entry = *found;
        }
        return entry;
    }

    // Replaces what is there, if anything, in one step. False if somebody was faster.
    bool put(const os::Location& from, const os::Location& to, const std::string& path) {
        const os::Location staging{to.directory, std::string(tree::copy_staging) + "0"};
        tree::remove(fs_, staging, 1);
        if (!copy(from, staging)) {
            return true;
        }
        if (fs_.look(to)) {
            switch (fs_.exchange(staging, to)) {
                case os::Renamed::done:
                    if (!is_as_copied(staging, path)) {
                        exchange_back(fs_, staging, to);
                        tree::remove(fs_, staging, 1);
                        return false;
                    }
                    tree::remove(fs_, staging, 1);
                    break;
                case os::Renamed::unsupported: fs_.rename_over(staging, to); break;
                default: tree::remove(fs_, staging, 1); return false;
            }
        } else if (fs_.rename_new(staging, to) != os::Renamed::done) {
            tree::remove(fs_, staging, 1);
            return false;
        }
        tell_("Carried",
              fmt::format("{}, written at the last moment", base::in_quotes(to.path().native())));
        return true;
    }

    void keep_both(const os::Location& from, const os::Location& to) {
        os::Location beside{to.directory, to.name + original_.suffix};
        for (int number = 2; fs_.look(beside); ++number) {
            if (is_same(from, beside)) {
                return;
            }
            beside.name = fmt::format("{}{}.{}", to.name, original_.suffix, number);
        }
        if (copy(from, beside)) {
            tell_("Kept",
                  fmt::format("two versions of {}: the one that was written at its old place is {}",
                              base::in_quotes(to.path().native()),
                              base::in_quotes(beside.path().native())));
        }
    }

    bool copy(const os::Location& from, const os::Location& to) {
        const std::optional<os::FileInfo> info = fs_.look(from);
        if (!info) {
            return false;
        }
        const os::FileCopy copy = info->type == os::FileType::symlink
                                      ? fs_.copy_link(from, to)
                                      : fs_.copy_file(from, to, buffer_);
        return copy.result != Result::vanished;
    }

    os::Fs& fs_;
    const Tell& tell_;
    const LateOriginal& original_;
    const os::Location& target_;
    os::CopyBuffer buffer_{};
};

}  // namespace

std::size_t carry_late_writes(const Context& context, const LateOriginal& original,
                              const os::Location& target) {
    std::vector<Difference> late;
    tree::compare(context.fs,
                  original.place,
                  original.manifest,
                  original.look,
                  {.workers = context.workers,
                   .drops = original.drops,
                   .found = [&](const Difference& one) { late.push_back(one); }});
    Carrier carrier(context, original, target);
    for (const Difference& one : late) {
        carrier.carry(one);
    }
    if (!late.empty()) {
        tree::sync(context.fs, target, context.workers);
    }
    return late.size();
}

}  // namespace rehome::apply
