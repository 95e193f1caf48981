// One directory after the other is listed, made, filled and, when everything below it is there,
// given its attributes: writing a child would change the mtime again. Its record then goes to the
// manifest, after those of its subdirectories.
#include "tree/mirror.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/compare.hpp"
#include "tree/copied_entry.hpp"
#include "tree/copied_links.hpp"
#include "tree/mirrored_folder.hpp"
#include "tree/opening.hpp"
#include "tree/remove.hpp"
#include "tree/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace rehome::tree {

namespace {

using Result = os::FileCopy::Result;

constexpr int attempts = 3;

class Mirrorer : public Task {
public:
    Mirrorer(os::Fs& fs, ManifestWriter& manifest, const MirrorOptions& options)
        : fs_(fs), manifest_(manifest), options_(options), clearing_(fs, options.keep),
          buffers_(options.workers) {}

    Mirrored run(const os::Location& source, const os::Location& destination) {
        const std::optional<os::FileInfo> info = fs_.look(source);
        if (!info) {
            throw gone(source);
        }
        root_ = destination;
        ManifestEntry root;
        if (info->type == os::FileType::directory) {
            auto folder = open_folder(nullptr, source, destination);
            if (!folder) {
                throw gone(source);
            }
            walk(*this, {folder}, options_.workers);
            root = root_entry_;
        } else {
            const ManifestEntry* before =
                options_.before != nullptr ? &options_.before->root() : nullptr;
            const auto entry =
                mirror_one(source, destination, *info, {before, recorded_root(), false}, 0);
            if (!entry) {
                throw gone(source);
            }
            root = *entry;
            root.name.clear();
            count(root);
        }
        manifest_.finish(root, totals_);
        return {totals_, changes_.load(), unsteady_.load()};
    }

    std::vector<os::Entry> enter(Folder& folder, unsigned) override {
        auto& own = static_cast<MirroredFolder&>(folder);
        if (own.before) {
            own.entries_before = options_.before->entries(*own.before);
        }
        if (own.kept) {
            own.entries_kept = options_.keep->manifest.entries(*own.kept);
        }
        if (own.ours) {
            own.entries_ours = options_.keep->ours->entries(*own.ours);
        }
        std::vector<os::Entry> entries = fs_.list(own.source);
        std::erase_if(entries, [&](const os::Entry& entry) {
            return is_dropped(own.path_of(entry.name)) || is_dropped(".");
        });
        if (!own.fresh) {
            remove_extras(own, entries);
        }
        return entries;
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned worker) override {
        auto& outer = static_cast<MirroredFolder&>(*folder);
        const os::Location source{outer.source, entry.name};
        const os::Location destination{outer.destination, entry.name};
        const std::optional<os::FileInfo> info = fs_.look(source);
        if (info && info->type == os::FileType::directory) {
            if (auto inner = open_folder(folder, source, destination)) {
                return inner;
            }
        } else if (info) {
            const Known known{
                find(outer.entries_before, entry.name), recorded(outer, entry.name), outer.fresh};
            if (auto made = mirror_one(source, destination, *info, known, worker, &outer)) {
                count(*made);
                const std::lock_guard guard(outer.mutex);
                outer.entries.push_back(*std::move(made));
                return nullptr;
            }
        }
        if (!outer.fresh) {
            clear_place(destination, recorded(outer, entry.name), &outer);
        }
        return nullptr;
    }

    void leave(Folder& folder, unsigned) override {
        auto& own = static_cast<MirroredFolder&>(folder);
        const std::int64_t read_at = now();
        ManifestEntry entry;
        if (own.before && !own.touched && is_untouched(*own.before, fs_.look(own.source))) {
            entry = *own.before;
        } else {
            const std::string name = own.depth == 0 ? "" : own.name;
            entry = entry_of(name, fs_.copy_attributes(own.source, own.destination), read_at);
        }
        manifest_.add_directory(entry, own.entries);
        own.entries.clear();
        count(entry);
        if (own.parent) {
            auto& outer = static_cast<MirroredFolder&>(*own.parent);
            const std::lock_guard guard(outer.mutex);
            outer.entries.push_back(std::move(entry));
        } else {
            root_entry_ = std::move(entry);
        }
    }

    void rest(Folder& folder) override { static_cast<MirroredFolder&>(folder).rest(fs_); }

    void wake(Folder& folder) override { static_cast<MirroredFolder&>(folder).wake(fs_); }

private:
    // What is known of a name beforehand.
    struct Known {
        const ManifestEntry* before = nullptr;
        Recorded recorded = {};
        bool fresh = false;
    };

    static Recorded recorded(const MirroredFolder& folder, const std::string& name) {
        return {find(folder.entries_kept, name), find(folder.entries_ours, name)};
    }

    Recorded recorded_root() const {
        const Keep* keep = options_.keep;
        return {keep != nullptr ? &keep->manifest.root() : nullptr,
                keep != nullptr && keep->ours != nullptr ? &keep->ours->root() : nullptr};
    }

    static base::Error gone(const os::Location& source) {
        return {base::Kind::io,
                fmt::format("{} vanished while it was copied",
                            base::in_quotes(source.path().native()))};
    }

    static base::Error somebody_makes(const os::Location& at) {
        return {base::Kind::io,
                fmt::format("somebody goes on making {}", base::in_quotes(at.path().native()))};
    }

    bool is_dropped(const std::string& path) const {
        return !options_.drops.empty() &&
               std::ranges::find(options_.drops, path) != options_.drops.end();
    }

    void note_change(MirroredFolder* folder) {
        changes_.fetch_add(1, std::memory_order_relaxed);
        if (folder != nullptr) {
            folder->touched = true;
        }
    }

    void add_progress(std::uint64_t bytes) {
        if (options_.progress != nullptr) {
            options_.progress->files.fetch_add(1, std::memory_order_relaxed);
            options_.progress->bytes.fetch_add(bytes, std::memory_order_relaxed);
        }
    }

    void count(const ManifestEntry& entry) {
        const std::lock_guard guard(totals_mutex_);
        totals_.entries += 1;
        totals_.bytes += entry.size;
    }

    std::shared_ptr<MirroredFolder> open_folder(const std::shared_ptr<Folder>& outer,
                                                const os::Location& source,
                                                const os::Location& destination) {
        std::optional<os::Directory> from = open_if_directory(fs_, source);
        if (!from) {
            return nullptr;
        }
        auto* parent = static_cast<MirroredFolder*>(outer.get());
        const ManifestEntry* before = nullptr;
        Recorded known;
        if (parent != nullptr) {
            before = find(parent->entries_before, source.name);
            known = recorded(*parent, source.name);
        } else {
            before = options_.before != nullptr ? &options_.before->root() : nullptr;
            known = recorded_root();
        }
        const std::optional<os::FileInfo> there = fs_.look(destination);
        if (there && there->type != os::FileType::directory) {
            clear_place(destination, known, parent);
        }
        const bool fresh = make_folder(destination, there, parent);
        std::optional<os::Directory> to = fs_.open_inside(destination.directory, destination.name);
        if (!to) {
            throw gone(destination);
        }
        auto folder =
            std::make_shared<MirroredFolder>(outer, source.name, *std::move(from), *std::move(to));
        folder->fresh = fresh;
        folder->touched = !fresh && is_closed(*there);
        if (!fresh && is_directory(before)) {
            folder->before = *before;
        }
        if (!fresh && is_directory(known.kept)) {
            folder->kept = *known.kept;
        }
        if (!fresh && is_directory(known.ours)) {
            folder->ours = *known.ours;
        }
        return folder;
    }

    static bool is_directory(const ManifestEntry* entry) {
        return entry != nullptr && entry->type == os::FileType::directory;
    }

    // Whether its owner may not write there.
    static bool is_closed(const os::FileInfo& directory) {
        return (directory.mode & 0700U) != 0700U;
    }

    // Whether the directory is new. One that was there is made writable for its owner.
    bool make_folder(const os::Location& at, const std::optional<os::FileInfo>& there,
                     MirroredFolder* parent) {
        if (there && there->type == os::FileType::directory) {
            if (is_closed(*there)) {
                fs_.set_mode(at, there->mode | 0700U);
            }
            return false;
        }
        // What we made ourselves has nothing to inherit.
        const os::Made made = parent != nullptr && parent->fresh ? fs_.make_directory(at, 0700)
                                                                 : fs_.make_private_directory(at);
        if (made == os::Made::exists) {
            throw somebody_makes(at);
        }
        note_change(parent);
        return true;
    }

    void remove_extras(MirroredFolder& folder, const std::vector<os::Entry>& wanted) {
        for (const os::Entry& entry : fs_.list(folder.destination)) {
            const auto same = std::ranges::lower_bound(wanted, entry.name, {}, &os::Entry::name);
            const bool stays = same != wanted.end() && same->name == entry.name;
            const Recorded known = recorded(folder, entry.name);
            const os::Location at{folder.destination, entry.name};
            if (!stays && (find(folder.entries_before, entry.name) != nullptr ||
                           entry.name.starts_with(copy_staging))) {
                remove(fs_, at, 1);  // ours
                note_change(&folder);
                continue;
            }
            // What an original holds and its manifest does not know was dropped or written late.
            if (stays || (options_.keep != nullptr && known.none())) {
                continue;
            }
            clear_place(at, known, &folder);
        }
    }

    void clear_place(const os::Location& at, const Recorded& known, MirroredFolder* folder) {
        if (clearing_.clear(at, known)) {
            note_change(folder);
        }
    }

    // A file or link. Nothing if it has vanished.
    std::optional<ManifestEntry> mirror_one(const os::Location& source,
                                            const os::Location& destination,
                                            const os::FileInfo& info, const Known& known,
                                            unsigned worker, MirroredFolder* folder = nullptr) {
        if (info.type == os::FileType::other) {
            throw base::Error(base::Kind::io,
                              fmt::format("{} is a socket, a pipe or a device: that cannot be "
                                          "copied",
                                          base::in_quotes(source.path().native())),
                              "end the program that made it, or remove it, then run the command "
                              "again");
        }
        if (info.links > 1) {
            const auto guard = links_.lock();
            return mirror_linked(source, destination, info, known, worker, folder);
        }
        return mirror_single(source, destination, info, known, worker, folder);
    }

    std::optional<ManifestEntry> mirror_single(const os::Location& source,
                                               const os::Location& destination,
                                               const os::FileInfo& info, const Known& known,
                                               unsigned worker, MirroredFolder* folder) {
        if (known.before != nullptr && is_untouched(*known.before, info)) {
            return *known.before;
        }
        if (!known.fresh && fs_.look(destination)) {
            if (known.before == nullptr) {
                const std::int64_t read_at = now();
                const os::FileCopy from = fs_.examine(source, buffers_[worker], os::Cache::used);
                const os::FileCopy to = fs_.examine(destination, buffers_[worker], os::Cache::used);
                if (is_copy(from, to) && links_.is_free_for(info, to.info)) {
                    add_progress(from.info.size);
                    return entry_of(source.name, from, read_at);
                }
            }
            if (known.before != nullptr) {
                remove(fs_, destination, 1);  // this run has put it there itself
                note_change(folder);
            } else {
                clear_place(destination, known.recorded, folder);
            }
        }
        return copy(source, destination, info, worker, folder);
    }

    // One of several names of a file: the first is copied, the others are linked to it.
    std::optional<ManifestEntry> mirror_linked(const os::Location& source,
                                               const os::Location& destination,
                                               const os::FileInfo& info, const Known& known,
                                               unsigned worker, MirroredFolder* folder) {
        const CopiedLinks::Linked* linked = links_.find(info);
        if (linked == nullptr) {
            auto entry = mirror_single(source, destination, info, known, worker, folder);
            if (entry) {
                const std::string path = folder != nullptr ? folder->path_of(source.name) : "";
                links_.add(info, {path, *entry});
            }
            return entry;
        }
        const os::Location first =
            place_below(fs_, root_.directory, root_.name + "/" + linked->first);
        const std::optional<os::FileInfo> there = fs_.look(destination);
        const std::optional<os::FileInfo> known_first = fs_.look(first);
        if (!there || !known_first || there->inode != known_first->inode) {
            clear_place(destination, known.recorded, folder);
            if (fs_.make_hard_link(first, destination) != os::Renamed::done) {
                throw base::Error(base::Kind::io,
                                  fmt::format("could not link {} to {}",
                                              base::in_quotes(destination.path().native()),
                                              base::in_quotes(first.path().native())));
            }
            note_change(folder);
        }
        ManifestEntry entry = linked->entry;
        entry.name = source.name;
        return entry;
    }

    // Into an original a file goes under another name first: what a kill leaves half copied must
    // not be taken for something that was written late.
    std::optional<ManifestEntry> copy(const os::Location& source, const os::Location& place,
                                      const os::FileInfo& info, unsigned worker,
                                      MirroredFolder* folder) {
        if (options_.keep == nullptr) {
            return copy_to(source, place, info, worker, folder);
        }
        const os::Location staging{place.directory, fmt::format("{}{}", copy_staging, worker)};
        fs_.remove_file(staging);
        auto entry = copy_to(source, staging, info, worker, folder);
        if (entry && fs_.rename_new(staging, place) != os::Renamed::done) {
            clear_place(place, {}, folder);  // it has appeared meanwhile
            if (fs_.rename_new(staging, place) != os::Renamed::done) {
                throw somebody_makes(place);
            }
        }
        return entry;
    }

    std::optional<ManifestEntry> copy_to(const os::Location& source,
                                         const os::Location& destination, const os::FileInfo& info,
                                         unsigned worker, MirroredFolder* folder) {
        note_change(folder);
        os::CopyBuffer& buffer = buffers_[worker];
        buffer.may_inherit = folder == nullptr || !folder->fresh;
        os::FileCopy copy;
        std::int64_t read_at = 0;
        for (int attempt = 1; attempt <= attempts; ++attempt) {
            read_at = now();
            copy = info.type == os::FileType::symlink ? fs_.copy_link(source, destination)
                                                      : fs_.copy_file(source, destination, buffer);
            if (copy.result == Result::vanished) {
                return std::nullopt;
            }
            if (copy.result == Result::done) {
                break;
            }
            if (copy.result == Result::name_taken) {
                clear_place(destination, {}, folder);
            } else if (attempt < attempts) {
                fs_.remove_file(destination);
            }
        }
        if (copy.result == Result::name_taken) {
            throw somebody_makes(destination);
        }
        if (copy.result == Result::unsteady) {
            unsteady_.fetch_add(1, std::memory_order_relaxed);
        }
        add_progress(copy.info.size);
        return entry_of(source.name, copy, read_at);
    }

    os::Fs& fs_;
    ManifestWriter& manifest_;
    const MirrorOptions& options_;
    Clearing clearing_;
    std::vector<os::CopyBuffer> buffers_;
    os::Location root_{os::Directory(-1, {}), ""};
    ManifestEntry root_entry_;
    std::mutex totals_mutex_;
    ManifestTotals totals_;
    std::atomic<std::uint64_t> changes_ = 0;
    std::atomic<std::uint64_t> unsteady_ = 0;
    CopiedLinks links_;
};

}  // namespace

Mirrored mirror(os::Fs& fs, const os::Location& source, const os::Location& destination,
                ManifestWriter& manifest, const MirrorOptions& options) {
    return Mirrorer(fs, manifest, options).run(source, destination);
}

}  // namespace rehome::tree
