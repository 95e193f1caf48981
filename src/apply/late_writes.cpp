#include "apply/late_writes.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/remove.hpp"
#include "tree/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace rehome::apply {

namespace {

using tree::Difference;
using Result = os::FileCopy::Result;

class Carrier {
public:
    Carrier(const Context& context, const CopyJob& job, const os::Location& original,
            const os::Location& target, const std::string& suffix)
        : fs_(context.fs), tell_(context.tell), job_(job), original_(original), target_(target),
          suffix_(suffix) {}

    void carry(const Difference& late) {
        if (late.what == Difference::What::missing) {
            return;
        }
        if (late.type == os::FileType::directory) {
            return carry_directory(late);
        }
        const os::Location from = inside(original_, late.path);
        const os::Location to = inside(target_, late.path);
        if (is_as_copied(to, late)) {
            put(from, to);
        } else {
            keep_both(from, to);
        }
    }

private:
    static os::Location inside(const os::Location& root, const std::string& path) {
        return path.empty() ? root : os::Location{root.directory, root.name + "/" + path};
    }

    // A new directory: the files in it. One that changed: only its entries matter, and they are
    // differences of their own.
    void carry_directory(const Difference& late) {
        if (late.what != Difference::What::extra) {
            return;
        }
        const os::Location to = inside(target_, late.path);
        const os::Location from = inside(original_, late.path);
        const std::optional<os::Directory> directory = fs_.open_inside(from.directory, from.name);
        if (!directory) {
            return;
        }
        if (!fs_.look(to)) {
            fs_.make_directory(to, 0700);
        }
        for (const os::Entry& entry : fs_.list(*directory)) {
            const std::optional<os::FileInfo> info = fs_.look(*directory, entry.name);
            if (info) {
                carry({Difference::What::extra, late.path + "/" + entry.name, info->type});
            }
        }
        if (const auto made = fs_.open_inside(to.directory, to.name)) {
            fs_.copy_attributes(*directory, *made);
        }
    }

    // Nobody has worked on it at the target since.
    bool is_as_copied(const os::Location& to, const Difference& late) {
        const std::optional<os::FileInfo> there = fs_.look(to);
        const std::optional<tree::ManifestEntry> known = find(late.path);
        if (!there || !known) {
            return !there && !known;
        }
        const os::FileCopy now = fs_.examine(to, buffer_, os::Cache::used);
        return now.result == Result::done && now.info.type == known->type &&
               now.info.mtime == known->mtime && now.content == known->content;
    }

    std::optional<tree::ManifestEntry> find(const std::string& path) const {
        tree::ManifestEntry entry = job_.manifest().root();
        for (const auto& part : std::filesystem::path(path)) {
            if (entry.type != os::FileType::directory) {
                return std::nullopt;
            }
            const std::vector<tree::ManifestEntry> entries = job_.manifest().entries(entry);
            const auto found =
                std::ranges::lower_bound(entries, part.string(), {}, &tree::ManifestEntry::name);
            if (found == entries.end() || found->name != part.string()) {
                return std::nullopt;
            }
            entry = *found;
        }
        return entry;
    }

    // Replaces what is there, if anything, in one step.
    void put(const os::Location& from, const os::Location& to) {
        const os::Location staging{to.directory, to.name + suffix_};
        tree::remove(fs_, staging, 1);
        if (copy(from, staging)) {
            fs_.rename_over(staging, to);
            tell_(
                "Carried",
                fmt::format("{}, written at the last moment", base::in_quotes(to.path().native())));
        }
    }

    void keep_both(const os::Location& from, const os::Location& to) {
        os::Location beside{to.directory, to.name + suffix_};
        for (int number = 2; fs_.look(beside); ++number) {
            beside.name = fmt::format("{}{}.{}", to.name, suffix_, number);
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
    const CopyJob& job_;
    const os::Location& original_;
    const os::Location& target_;
    const std::string& suffix_;
    os::CopyBuffer buffer_{};
};

}  // namespace

std::size_t carry_late_writes(const Context& context, const CopyJob& job,
                              const os::Location& original, const os::Location& target,
                              const std::string& suffix) {
    std::vector<Difference> late;
    const tree::Differences all =
        job.late(original, [&](const Difference& one) { late.push_back(one); });
    Carrier carrier(context, job, original, target, suffix);
    for (const Difference& one : late) {
        carrier.carry(one);
    }
    if (!all.none()) {
        tree::sync(context.fs, target, context.workers);
    }
    return late.size();
}

}  // namespace rehome::apply
