// One directory after the other is listed, made, filled and, when everything below it is there,
// given its attributes: writing a child would change the mtime again. Its record then goes to the
// manifest, after those of its subdirectories.
#include "tree/mirror.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/compare.hpp"
#include "tree/remove.hpp"
#include "tree/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace rehome::tree {

namespace {

using Result = os::FileCopy::Result;

constexpr std::string_view staging_name = ".rehome-copy-";
constexpr int attempts = 3;
constexpr std::int64_t clock_tick = 20'000'000;  // ns; kernels stamp files by a clock of 1 to 10 ms

struct MirroredFolder : Folder {
    MirroredFolder(std::shared_ptr<Folder> outer, os::Directory from, os::Directory to)
        : Folder(std::move(outer)), source(std::move(from)), destination(std::move(to)) {}

    os::Directory source;
    os::Directory destination;
    std::string name{};
    std::string path{};  // below the root
    bool fresh = false;  // we made the destination: nothing is in it but what we put there
    std::optional<ManifestEntry> before{};
    std::vector<ManifestEntry> entries_before{};
    std::optional<ManifestEntry> kept{};  // by the manifest of Keep
    std::vector<ManifestEntry> entries_kept{};
    std::atomic<bool> touched = false;
    std::mutex mutex{};
    std::vector<ManifestEntry> entries{};
};

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

const ManifestEntry* find(const std::vector<ManifestEntry>& entries, const std::string& name) {
    const auto place = std::ranges::lower_bound(entries, name, {}, &ManifestEntry::name);
    return place != entries.end() && place->name == name ? &*place : nullptr;
}

ManifestEntry entry_of(const std::string& name, const os::FileCopy& copy, std::int64_t read_at) {
    const os::FileInfo& info = copy.info;
    const bool settled = copy.result == Result::done && info.ctime < read_at - clock_tick;
    return {.name = name,
            .type = info.type,
            .mode = info.mode,
            .user = info.user,
            .group = info.group,
            .size = info.type == os::FileType::file ? info.size : 0,
            .mtime = info.mtime,
            .ctime = settled ? info.ctime : 0,
            .inode = info.inode,
            .several_names = info.type == os::FileType::file && info.links > 1,
            .content = copy.content,
            .attributes = copy.attributes};
}

bool is_copy(const os::FileCopy& one, const os::FileCopy& other) {
    return one.result == Result::done && other.result == Result::done &&
           one.info.type == other.info.type && one.info.size == other.info.size &&
           one.info.mode == other.info.mode && one.info.user == other.info.user &&
           one.info.group == other.info.group && one.info.mtime == other.info.mtime &&
           one.content == other.content && one.attributes == other.attributes;
}

class Mirrorer : public Task {
public:
    Mirrorer(os::Fs& fs, ManifestWriter& manifest, const MirrorOptions& options)
        : fs_(fs), manifest_(manifest), options_(options), buffers_(options.workers) {}

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
            buffers_[0].may_inherit = true;
            const ManifestEntry* before =
                options_.before != nullptr ? &options_.before->root() : nullptr;
            const ManifestEntry* kept =
                options_.keep != nullptr ? &options_.keep->manifest.root() : nullptr;
            const auto entry = mirror_one(source, destination, *info, {before, kept, false}, 0);
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
        std::vector<os::Entry> entries = fs_.list(own.source);
        std::erase_if(entries, [&](const os::Entry& entry) {
            return is_dropped(below(own, entry.name)) || is_dropped(".");
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
            const Known known{find(outer.entries_before, entry.name),
                              find(outer.entries_kept, entry.name),
                              outer.fresh};
            if (auto made = mirror_one(source, destination, *info, known, worker, &outer)) {
                count(*made);
                const std::lock_guard guard(outer.mutex);
                outer.entries.push_back(*std::move(made));
                return nullptr;
            }
        }
        if (!outer.fresh) {
            clear_place(destination, find(outer.entries_kept, entry.name), &outer);
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
            entry = entry_of(own.name, fs_.copy_attributes(own.source, own.destination), read_at);
            entry.several_names = false;
            note_change(nullptr);
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

private:
    // What is known of a name beforehand.
    struct Known {
        const ManifestEntry* before = nullptr;
        const ManifestEntry* kept = nullptr;
        bool fresh = false;
    };

    struct Linked {
        os::Location first;
        ManifestEntry entry;
    };

    static base::Error gone(const os::Location& source) {
        return {base::Kind::io,
                fmt::format("{} vanished while it was copied",
                            base::in_quotes(source.path().native()))};
    }

    static std::string below(const MirroredFolder& folder, const std::string& name) {
        return folder.path.empty() ? name : folder.path + "/" + name;
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

    void count(const ManifestEntry& entry) {
        const std::lock_guard guard(totals_mutex_);
        totals_.entries += 1;
        totals_.bytes += entry.size;
    }

    std::shared_ptr<MirroredFolder> open_folder(const std::shared_ptr<Folder>& outer,
                                                const os::Location& source,
                                                const os::Location& destination) {
        std::optional<os::Directory> from = fs_.open_inside(source.directory, source.name);
        if (!from) {
            return nullptr;
        }
        auto* parent = static_cast<MirroredFolder*>(outer.get());
        const ManifestEntry* before = nullptr;
        const ManifestEntry* kept = nullptr;
        if (parent != nullptr) {
            before = find(parent->entries_before, source.name);
            kept = find(parent->entries_kept, source.name);
        } else {
            before = options_.before != nullptr ? &options_.before->root() : nullptr;
            kept = options_.keep != nullptr ? &options_.keep->manifest.root() : nullptr;
        }
        const std::optional<os::FileInfo> there = fs_.look(destination);
        if (there && there->type != os::FileType::directory) {
            clear_place(destination, kept, parent);
        }
        const bool fresh = !there || there->type != os::FileType::directory;
        if (fresh) {
            parent == nullptr ? fs_.make_private_directory(destination)
                              : fs_.make_directory(destination, 0700);
            note_change(parent);
        }
        std::optional<os::Directory> to = fs_.open_inside(destination.directory, destination.name);
        if (!to) {
            throw gone(destination);
        }
        auto folder = std::make_shared<MirroredFolder>(outer, *std::move(from), *std::move(to));
        folder->name = parent != nullptr ? source.name : "";
        folder->path = parent != nullptr ? below(*parent, source.name) : "";
        folder->fresh = fresh;
        if (!fresh && before != nullptr && before->type == os::FileType::directory) {
            folder->before = *before;
        }
        if (!fresh && kept != nullptr && kept->type == os::FileType::directory) {
            folder->kept = *kept;
        }
        return folder;
    }

    void remove_extras(MirroredFolder& folder, const std::vector<os::Entry>& wanted) {
        for (const os::Entry& entry : fs_.list(folder.destination)) {
            const auto same = std::ranges::lower_bound(wanted, entry.name, {}, &os::Entry::name);
            const bool stays = same != wanted.end() && same->name == entry.name;
            const ManifestEntry* kept = find(folder.entries_kept, entry.name);
            const ManifestEntry* before = find(folder.entries_before, entry.name);
            const bool ours = before != nullptr || entry.name.starts_with(staging_name);
            // What an original holds and its manifest does not know was dropped or written late.
            if (stays || (options_.keep != nullptr && kept == nullptr && !ours)) {
                continue;
            }
            if (ours) {
                remove(fs_, {folder.destination, entry.name}, 1);
            } else {
                clear_place({folder.destination, entry.name}, kept, &folder);
            }
        }
    }

    // Makes room at the destination. Of an original, what was written late is renamed, not removed;
    // `before` is given for what this run has put there itself.
    void clear_place(const os::Location& at, const ManifestEntry* kept, MirroredFolder* folder,
                     const ManifestEntry* before = nullptr) {
        const std::optional<os::FileInfo> info = fs_.look(at);
        if (!info) {
            return;
        }
        note_change(folder);
        if (options_.keep == nullptr || before != nullptr || is_as_recorded(at, kept, *info)) {
            return remove(fs_, at, 1);
        }
        os::Location aside{at.directory, at.name + options_.keep->suffix};
        for (int number = 2; fs_.look(aside); ++number) {
            aside.name = fmt::format("{}{}.{}", at.name, options_.keep->suffix, number);
        }
        if (fs_.rename_new(at, aside) != os::Renamed::done) {
            throw gone(at);
        }
        options_.keep->tell(aside.path());
    }

    bool is_as_recorded(const os::Location& at, const ManifestEntry* kept,
                        const os::FileInfo& info) const {
        if (kept == nullptr || kept->type != info.type) {
            return false;
        }
        if (info.type != os::FileType::directory) {
            return is_untouched(*kept, info);
        }
        const std::optional<os::Directory> directory = fs_.open_inside(at.directory, at.name);
        const std::vector<ManifestEntry> entries = options_.keep->manifest.entries(*kept);
        return directory && std::ranges::all_of(fs_.list(*directory), [&](const os::Entry& entry) {
                   const std::optional<os::FileInfo> inner = fs_.look(*directory, entry.name);
                   return !inner || is_as_recorded({*directory, entry.name},
                                                   find(entries, entry.name),
                                                   *inner);
               });
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
        if (info.type == os::FileType::file && info.links > 1) {
            const std::lock_guard guard(links_mutex_);
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
                if (is_copy(from, to)) {
                    return entry_of(source.name, from, read_at);
                }
            }
            clear_place(destination, known.kept, folder, known.before);
        }
        return copy(source, destination, info, worker, folder);
    }

    // One of several names of a file: the first is copied, the others are linked to it.
    std::optional<ManifestEntry> mirror_linked(const os::Location& source,
                                               const os::Location& destination,
                                               const os::FileInfo& info, const Known& known,
                                               unsigned worker, MirroredFolder* folder) {
        const auto group = links_.find({info.device, info.inode});
        if (group == links_.end()) {
            auto entry = mirror_single(source, destination, info, known, worker, folder);
            if (entry) {
                const std::string path = folder != nullptr ? below(*folder, source.name) : "";
                const os::Location first =
                    path.empty() ? root_ : os::Location{root_.directory, root_.name + "/" + path};
                links_.emplace(std::pair(info.device, info.inode), Linked{first, *entry});
            }
            return entry;
        }
        const Linked& linked = group->second;
        const std::optional<os::FileInfo> there = fs_.look(destination);
        const std::optional<os::FileInfo> first = fs_.look(linked.first);
        if (!there || !first || there->inode != first->inode) {
            clear_place(destination, known.kept, folder);
            if (fs_.make_hard_link(linked.first, destination) != os::Renamed::done) {
                throw base::Error(base::Kind::io,
                                  fmt::format("could not link {} to {}",
                                              base::in_quotes(destination.path().native()),
                                              base::in_quotes(linked.first.path().native())));
            }
            note_change(folder);
        }
        ManifestEntry entry = linked.entry;
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
        const os::Location staging{place.directory, fmt::format("{}{}", staging_name, worker)};
        fs_.remove_file(staging);
        auto entry = copy_to(source, staging, info, worker, folder);
        if (entry) {
            fs_.rename_over(staging, place);
        }
        return entry;
    }

    std::optional<ManifestEntry> copy_to(const os::Location& source,
                                         const os::Location& destination, const os::FileInfo& info,
                                         unsigned worker, MirroredFolder* folder) {
        note_change(folder);
        os::FileCopy copy;
        std::int64_t read_at = 0;
        for (int attempt = 1; attempt <= attempts; ++attempt) {
            read_at = now();
            copy = info.type == os::FileType::symlink
                       ? fs_.copy_link(source, destination)
                       : fs_.copy_file(source, destination, buffers_[worker]);
            if (copy.result == Result::vanished) {
                return std::nullopt;
            }
            if (copy.result == Result::done) {
                break;
            }
            if (copy.result == Result::name_taken || attempt < attempts) {
                fs_.remove_file(destination);
            }
        }
        if (copy.result == Result::name_taken) {
            throw base::Error(base::Kind::io,
                              fmt::format("somebody goes on making {}",
                                          base::in_quotes(destination.path().native())));
        }
        if (copy.result == Result::unsteady) {
            unsteady_.fetch_add(1, std::memory_order_relaxed);
        }
        if (options_.progress != nullptr) {
            options_.progress->files.fetch_add(1, std::memory_order_relaxed);
            options_.progress->bytes.fetch_add(copy.info.size, std::memory_order_relaxed);
        }
        return entry_of(source.name, copy, read_at);
    }

    os::Fs& fs_;
    ManifestWriter& manifest_;
    const MirrorOptions& options_;
    std::vector<os::CopyBuffer> buffers_;
    os::Location root_{os::Directory(-1, {}), ""};
    ManifestEntry root_entry_;
    std::mutex totals_mutex_;
    ManifestTotals totals_;
    std::atomic<std::uint64_t> changes_ = 0;
    std::atomic<std::uint64_t> unsteady_ = 0;
    std::mutex links_mutex_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Linked> links_;  // by device and inode
};

}  // namespace

Mirrored mirror(os::Fs& fs, const os::Location& source, const os::Location& destination,
                ManifestWriter& manifest, const MirrorOptions& options) {
    return Mirrorer(fs, manifest, options).run(source, destination);
}

}  // namespace rehome::tree
