#include "tree/compare.hpp"

#include "tree/opened_folder.hpp"
#include "tree/opening.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace rehome::tree {

namespace {

constexpr std::size_t examples = 5;

struct ComparedFolder : OpenedFolder {
    using OpenedFolder::OpenedFolder;

    ManifestEntry own;
    std::vector<ManifestEntry> entries{};  // by the manifest, sorted by name
};

bool is_owner_and_mode(const ManifestEntry& entry, const os::FileInfo& info) {
    const bool link = entry.type == os::FileType::symlink;  // its mode means nothing
    return entry.type == info.type && entry.user == info.user && entry.group == info.group &&
           (link || entry.mode == info.mode);
}

class Comparer : public Task {
public:
    Comparer(const os::ReadFs& fs, const Manifest& manifest, Look look,
             const CompareOptions& options)
        : fs_(fs), manifest_(manifest), look_(look), options_(options), buffers_(options.workers) {}

    Differences run(const os::Location& at) {
        const std::optional<os::FileInfo> info = fs_.look(at);
        const ManifestEntry& root = manifest_.root();
        if (!info) {
            add(Difference::What::missing, "", root.type);
        } else if (root.type != info->type) {
            add(Difference::What::changed, "", info->type, true);
        } else if (root.type == os::FileType::directory) {
            if (std::optional<os::Directory> opened = open_if_directory(fs_, at)) {
                auto folder = std::make_shared<ComparedFolder>(nullptr, "", *std::move(opened));
                folder->own = root;
                walk(*this, {std::move(folder)}, options_.workers);
            } else {
                add(Difference::What::missing, "", root.type);
            }
        } else if (!is_same(at, root, *info, true, 0)) {
            add(Difference::What::changed, "", info->type);
        }
        return differences_;
    }

    std::vector<os::Entry> enter(Folder& folder, unsigned) override {
        auto& own = static_cast<ComparedFolder&>(folder);
        own.entries = manifest_.entries(own.own);
        std::vector<os::Entry> there = fs_.list(own.directory);
        drop(own, there);
        drop(own, own.entries);
        std::vector<os::Entry> common;
        auto known = own.entries.begin();
        for (os::Entry& entry : there) {
            for (; known != own.entries.end() && known->name < entry.name; ++known) {
                add(Difference::What::missing, own.path_of(known->name), known->type);
            }
            if (known != own.entries.end() && known->name == entry.name) {
                common.push_back(std::move(entry));
                ++known;
            } else {
                add(Difference::What::extra, own.path_of(entry.name), entry.type);
            }
        }
        for (; known != own.entries.end(); ++known) {
            add(Difference::What::missing, own.path_of(known->name), known->type);
        }
        return common;
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned worker) override {
        const auto& outer = static_cast<const ComparedFolder&>(*folder);
        const ManifestEntry& known =
            *std::ranges::lower_bound(outer.entries, entry.name, {}, &ManifestEntry::name);
        const os::Location at{outer.directory, entry.name};
        std::optional<os::FileInfo> info = fs_.look(at);
        if (info && info->type == os::FileType::directory &&
            known.type == os::FileType::directory) {
            if (std::optional<os::Directory> opened = open_if_directory(fs_, at)) {
                auto inner =
                    std::make_shared<ComparedFolder>(folder, entry.name, *std::move(opened));
                inner->own = known;
                return inner;
            }
            info.reset();
        }
        if (!info) {
            add(Difference::What::missing, outer.path_of(entry.name), known.type);
            return nullptr;
        }
        if (!is_same(at, known, *info, false, worker)) {
            add(Difference::What::changed,
                outer.path_of(entry.name),
                info->type,
                info->type != known.type);
        }
        if (options_.progress != nullptr) {
            options_.progress->files.fetch_add(1, std::memory_order_relaxed);
            options_.progress->bytes.fetch_add(known.size, std::memory_order_relaxed);
        }
        return nullptr;
    }

    void leave(Folder& folder, unsigned) override {
        const auto& own = static_cast<const ComparedFolder&>(folder);
        const os::FileInfo info = fs_.look(own.directory);
        const bool root = own.depth == 0;
        bool same = is_owner_and_mode(own.own, info);
        if (look_ == Look::untouched) {
            same = same && own.own.inode == info.inode &&
                   (root || (own.own.mtime == info.mtime && own.own.ctime == info.ctime));
        } else {
            same = same && own.own.mtime == info.mtime;
        }
        if (root || look_ != Look::untouched) {
            same = same && own.own.attributes == fs_.attributes_checksum(own.directory);
        }
        if (!same) {
            add(Difference::What::changed, own.path(), os::FileType::directory);
        }
    }

    void rest(Folder& folder) override { static_cast<OpenedFolder&>(folder).rest(fs_); }

    void wake(Folder& folder) override { static_cast<OpenedFolder&>(folder).wake(fs_); }

private:
    using File = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

    // Of the names of a directory.
    template <class Names>
    void drop(const ComparedFolder& folder, Names& names) const {
        const auto is_dropped = [&](const std::string& path) {
            return std::ranges::find(options_.drops, path) != options_.drops.end();
        };
        if (options_.drops.empty()) {
            return;
        }
        std::erase_if(names, [&](const auto& entry) {
            return is_dropped(".") || is_dropped(folder.path_of(entry.name));
        });
    }

    bool is_same(const os::Location& at, const ManifestEntry& known, const os::FileInfo& info,
                 bool root, unsigned worker) {
        if (look_ == Look::untouched && !root) {
            return is_untouched(known, info);
        }
        if (look_ == Look::untouched) {
            // A rename changes its ctime, which would tell. So the root is read.
            os::FileInfo seen = info;
            seen.ctime = known.ctime;
            return is_untouched(known, seen) && has_content(at, known, worker);
        }
        const bool is_file = known.type == os::FileType::file;
        if (!is_owner_and_mode(known, info) || known.mtime != info.mtime ||
            (is_file && known.size != info.size) || !is_same_group(known, info)) {
            return false;
        }
        if (look_ == Look::metadata && is_file) {
            return fs_.attributes_checksum(at) == known.attributes;
        }
        return has_content(at, known, worker);
    }

    bool has_content(const os::Location& at, const ManifestEntry& known, unsigned worker) {
        const os::FileCopy copy = fs_.examine(at, buffers_[worker], options_.cache);
        return copy.result == os::FileCopy::Result::done && copy.content == known.content &&
               copy.attributes == known.attributes;
    }

    // Names that were one file have to be one file, and only they. That a file has names outside of
    // the tree is no difference.
    bool is_same_group(const ManifestEntry& known, const os::FileInfo& info) {
        if (!known.several_names && info.links <= 1) {
            return true;
        }
        const File original{known.device, known.inode};
        const File copy{info.device, info.inode};
        const std::lock_guard guard(mutex_);
        const auto there = copies_.try_emplace(original, copy).first;
        const auto back = originals_.try_emplace(copy, original).first;
        return there->second == copy && back->second == original;
    }

    void add(Difference::What what, std::string path, os::FileType type, bool is_replaced = false) {
        const std::lock_guard guard(mutex_);
        differences_.count += 1;
        if (differences_.some.size() < examples) {
            differences_.some.push_back(path);
        }
        if (options_.found) {
            options_.found({what, std::move(path), type, is_replaced});
        }
    }

    const os::ReadFs& fs_;
    const Manifest& manifest_;
    Look look_;
    const CompareOptions& options_;
    std::vector<os::CopyBuffer> buffers_;
    std::mutex mutex_;
    std::map<File, File> copies_;  // of files with several names
    std::map<File, File> originals_;
    Differences differences_;
};

}  // namespace

Differences compare(const os::ReadFs& fs, const os::Location& at, const Manifest& manifest,
                    Look look, const CompareOptions& options) {
    return Comparer(fs, manifest, look, options).run(at);
}

bool is_untouched(const ManifestEntry& entry, const os::FileInfo& info) {
    return entry.ctime != 0 && is_owner_and_mode(entry, info) && entry.inode == info.inode &&
           (entry.type == os::FileType::directory || entry.size == info.size ||
            entry.type == os::FileType::symlink) &&
           entry.mtime == info.mtime && entry.ctime == info.ctime;
}

}  // namespace rehome::tree
