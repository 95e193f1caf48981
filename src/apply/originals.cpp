#include "apply/originals.hpp"

#include "apply/copy_job.hpp"
#include "apply/copy_sight.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "journal/store.hpp"
#include "os/tree_users.hpp"
#include "tree/compare.hpp"
#include "tree/manifest.hpp"
#include "tree/remove.hpp"

#include <fmt/format.h>

namespace rehome::apply {

namespace {

// What the manifest has and the target has not. Work that was done there since is no lack.
std::string lacking(const Context& context, const Places& places, const CopySight& sight,
                    const std::filesystem::path& manifest_file) {
    if (sight.home != At::our_link || sight.target != At::thing) {
        return fmt::format("nothing is at its target {}",
                           base::in_quotes(places.step->target.native()));
    }
    const auto manifest = tree::Manifest::open(manifest_file);
    if (!manifest) {
        return "its manifest is missing, so nothing tells what the target should have";
    }
    const os::Location original = beside(*places.home, places.aside);
    if (!is_part(context, original, *manifest, places.step->drops)) {
        return "something was written into it after it was copied";
    }
    const Lack lack = lack_of(context.fs, *places.target, *manifest, context.workers);
    if (lack.names == 0) {
        return "";
    }
    return fmt::format("{} of its {} names are missing at the target, {} among them",
                       lack.names,
                       manifest->totals().entries,
                       base::in_quotes(lack.first));
}

}  // namespace

std::vector<KeptOriginal> kept_originals(const Context& context, const journal::Journal& journal) {
    std::vector<KeptOriginal> kept;
    const std::vector<Places> all = open_all(context.fs, journal.begin.plan, journal.begin.id);
    for (std::size_t index = 0; index < all.size(); ++index) {
        const Places& one = all[index];
        if (one.step->displaces && one.target &&
            context.fs.look(beside(*one.target, one.displaced))) {
            const os::Location place = beside(*one.target, one.displaced);
            kept.push_back({.item = one.step->item,
                            .place = place,
                            .size = tree::measure({place.path()}, context.workers).front(),
                            .regenerable = one.step->regenerable,
                            .lacking = ""});
        }
        if (one.step->way == plan::Way::rename || !one.home) {
            continue;
        }
        const CopySight sight = see(context.fs, one);
        if (sight.aside != At::thing) {
            continue;
        }
        const os::Location place = beside(*one.home, one.aside);
        const std::filesystem::path manifest =
            journal.path.parent_path() /
            journal::manifest_name(index + 1, journal::Direction::forward);
        kept.push_back({.item = one.step->item,
                        .place = place,
                        .size = tree::measure({place.path()}, context.workers).front(),
                        .regenerable = one.step->regenerable,
                        .lacking = lacking(context, one, sight, manifest)});
    }
    return kept;
}

void delete_originals(const Context& context, const journal::Journal& journal,
                      const std::vector<KeptOriginal>& originals) {
    const HomesLock lock = lock_homes(context, journal.begin.plan);
    std::vector<std::filesystem::path> trees;
    for (const KeptOriginal& original : originals) {
        trees.push_back(context.fs.real_path(original.place.directory) / original.place.name);
    }
    const std::vector<os::TreeUser> users = os::users_of(trees);
    if (!users.empty()) {
        throw base::Error(base::Kind::busy,
                          fmt::format("the original of {} is in use by {} (pid {}); nothing was "
                                      "deleted",
                                      originals[users.front().tree].item,
                                      users.front().name,
                                      users.front().id),
                          "wait until it has finished, then run the command again");
    }
    const std::vector<Places> places = open_all(context.fs, journal.begin.plan, journal.begin.id);
    const std::vector<journal::PathTime> times = times_of(context.fs, journal.begin.plan, places);
    Barrier barrier(context.fs);
    for (const KeptOriginal& original : originals) {
        if (context.progress != nullptr) {
            context.progress->begin(
                {.verb = "Deleting", .item = original.item, .all_files = original.size.files});
        }
        try {
            tree::remove(context.fs,
                         original.place,
                         context.workers,
                         context.progress != nullptr ? context.progress->counters() : nullptr);
        } catch (base::Error& error) {
            error.add_context(
                fmt::format("a part of the original of {} is deleted", original.item));
            error.set_help(
                fmt::format("run `rehome forget {}` again to delete the rest", journal.begin.id));
            throw;
        }
        barrier.touch(original.place.directory);
    }
    if (context.progress != nullptr) {
        context.progress->end();
    }
    put_back_times(context.fs, barrier, times, places);
    barrier.sync();
    journal::remove_manifests(context.fs, journal.path);
}

}  // namespace rehome::apply
