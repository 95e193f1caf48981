#include "apply/copy_job.hpp"

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

namespace rehome::apply {

namespace {

constexpr int rounds = 3;
constexpr std::chrono::milliseconds clock_tick{25};

std::string some_of(const tree::Differences& differences) {
    std::vector<std::string> names;
    for (const std::string& path : differences.some) {
        names.push_back(path.empty() ? "the item itself" : base::in_quotes(path));
    }
    if (differences.count > names.size()) {
        names.push_back(fmt::format("{} more", differences.count - names.size()));
    }
    return base::listed(names);
}

}  // namespace

CopyJob::CopyJob(const Context& context, CopyRoute route)
    : context_(context), route_(std::move(route)) {}

tree::Progress* CopyJob::counters() const {
    return context_.progress != nullptr ? context_.progress->counters() : nullptr;
}

tree::CompareOptions CopyJob::options() const {
    return {.workers = context_.workers, .drops = route_.drops};
}

const tree::Manifest& CopyJob::manifest() const {
    base::require(manifest_.has_value(), "an item is copied before its manifest is used");
    return *manifest_;
}

void CopyJob::mirror(const tree::Manifest* before, const tree::Keep* keep) {
    const os::Location next = beside(route_.manifest, route_.manifest.name + ".new");
    tree::ManifestWriter writer(context_.fs, next);
    const tree::Mirrored mirrored = tree::mirror(context_.fs,
                                                 route_.source,
                                                 route_.staging,
                                                 writer,
                                                 {.workers = context_.workers,
                                                  .drops = route_.drops,
                                                  .before = before,
                                                  .keep = keep,
                                                  .progress = counters()});
    unsteady_ = mirrored.unsteady;
    context_.fs.rename_over(next, route_.manifest);
    manifest_ = tree::Manifest::open(route_.manifest.path());
}

void CopyJob::copy(std::uint64_t files, std::uint64_t bytes, const tree::Keep* keep) {
    if (context_.progress != nullptr) {
        context_.progress->begin({.verb = "Copying",
                                  .item = route_.item,
                                  .all_files = files,
                                  .all_bytes = bytes,
                                  .number = route_.number,
                                  .items = route_.items});
    }
    mirror(nullptr, keep);
}

void CopyJob::load() {
    manifest_ = tree::Manifest::open(route_.manifest.path());
}

void CopyJob::settle(const tree::Keep* keep) {
    for (int round = 1;; ++round) {
        const tree::Differences changed =
            tree::compare(context_.fs, route_.source, manifest(), tree::Look::untouched, options());
        if (changed.none() && unsteady_ == 0) {
            return;
        }
        if (round > rounds) {
            throw base::Error(base::Kind::io,
                              fmt::format("{} goes on changing while it is copied: {}",
                                          route_.item,
                                          some_of(changed)),
                              fmt::format("find out who writes there (`fuser -v {}`) and end it, "
                                          "then run the command again",
                                          base::in_quotes(route_.source.path().native())));
        }
        // What was stamped within the clock's tick before it was read may change unseen in the same
        // tick, and so never counts as unchanged: let the tick pass.
        std::this_thread::sleep_for(clock_tick);
        mirror(&manifest(), keep);
    }
}

journal::CopyRecord CopyJob::record(const os::Location& place) const {
    const std::optional<os::FileInfo> info = context_.fs.look(place);
    base::require(info.has_value(), "a copy is at its place when it is recorded");
    return {.item = route_.item,
            .filesystem = context_.fs.filesystem_of(place.directory),
            .inode = info->inode,
            .birth = info->birth,
            .totals = manifest().totals(),
            .tree = manifest().root().content};
}

void CopyJob::prove(const os::Location& place, plan::Verify verify, Extras extras) {
    if (verify == plan::Verify::none) {
        return;
    }
    if (context_.progress != nullptr) {
        context_.progress->begin({.verb = "Verifying",
                                  .item = route_.item,
                                  .all_files = manifest().totals().entries,
                                  .all_bytes = manifest().totals().bytes,
                                  .number = route_.number,
                                  .items = route_.items});
    }
    tree::CompareOptions how{.workers = context_.workers, .progress = counters()};
    how.cache = verify == plan::Verify::disk ? os::Cache::dropped : os::Cache::used;
    std::uint64_t allowed = 0;
    how.found = [&](const tree::Difference& one) {
        const bool extra = one.what == tree::Difference::What::extra;
        allowed += extra && extras == Extras::allowed ? 1 : 0;
    };
    const bool content = verify != plan::Verify::metadata;
    const tree::Differences wrong = tree::compare(
        context_.fs, place, manifest(), content ? tree::Look::content : tree::Look::metadata, how);
    if (wrong.count != allowed) {
        throw base::Error(base::Kind::io,
                          fmt::format("the copy of {} at {} is not what was read: {}",
                                      route_.item,
                                      base::in_quotes(place.path().native()),
                                      some_of(wrong)),
                          "somebody writes there, or that disk or this memory is failing: look at "
                          "the kernel's log (dmesg)");
    }
    proven_ = content;
}

tree::Differences CopyJob::late(const os::Location& original,
                                std::function<void(const tree::Difference&)> found) const {
    tree::CompareOptions how = options();
    how.found = std::move(found);
    return tree::compare(context_.fs, original, manifest(), tree::Look::untouched, how);
}

bool CopyJob::is_stale() const {
    return !late(route_.source, {}).none();
}

bool is_recorded(const os::ReadFs& fs, const os::Location& place, const journal::CopyRecord& copy) {
    const std::optional<os::FileInfo> info = fs.look(place);
    return info && copy.birth != 0 && info->inode == copy.inode && info->birth == copy.birth &&
           fs.filesystem_of(place.directory) == copy.filesystem;
}

Lack lack_of(const os::ReadFs& fs, const os::Location& place, const tree::Manifest& manifest,
             unsigned workers) {
    Lack lack;
    tree::compare(fs,
                  place,
                  manifest,
                  tree::Look::metadata,
                  {.workers = workers, .found = [&](const tree::Difference& one) {
                       if (one.what == tree::Difference::What::missing) {
                           lack.names += 1;
                           lack.first = lack.first.empty() ? one.path : lack.first;
                       }
                   }});
    return lack;
}

bool is_part(const Context& context, const os::Location& place, const tree::Manifest& manifest,
             const std::vector<std::string>& drops) {
    using tree::Difference;
    bool part = true;
    const tree::Differences all = tree::compare(
        context.fs,
        place,
        manifest,
        tree::Look::content,
        {.workers = context.workers, .drops = drops, .found = [&](const Difference& one) {
             const bool emptied = one.what == Difference::What::changed && !one.is_replaced &&
                                  one.type == os::FileType::directory;
             part = part && (emptied || one.what == Difference::What::missing);
         }});
    return all.none() || part;
}

bool is_whole(const Context& context, const os::Location& place, const tree::Manifest& manifest) {
    return tree::compare(
               context.fs, place, manifest, tree::Look::content, {.workers = context.workers})
        .none();
}

}  // namespace rehome::apply
