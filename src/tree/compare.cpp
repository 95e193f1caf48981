#include "tree/compare.hpp"

#include "tree/walk.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace rehome::tree {

namespace {

constexpr std::size_t examples = 5;

struct ComparedFolder : Folder {
    ComparedFolder(std::shared_ptr<Folder> outer, os::Directory opened, std::string relative)
        : Folder(std::move(outer)), directory(std::move(opened)), path(std::move(relative)) {}

    os::Directory directory;
    std::string path;
    ManifestEntry own;
    std::vector<ManifestEntry> entries{};  // by the manifest, sorted by name
};

std::string below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
}

bool is_dropped(const std::vector<std::string>& drops, const std::string& path) {
    return std::ranges::find(drops, path) != drops.end();
}

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
        if (!info) {
            add(Difference::What::missing, "", manifest_.root().type);
            return differences_;
        }
        const ManifestEntry& root = manifest_.root();
        if (root.type != info->type) {
            add(Difference::What::changed, "", info->type);
        } else if (root.type == os::FileType::directory) {
            if (std::optional<os::Directory> opened = fs_.open_inside(at.directory, at.name)) {
                auto folder = std::make_shared<ComparedFolder>(nullptr, *std::move(opened), "");
                folder->own = root;
                walk(*this, {std::move(folder)}, options_.workers);
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
        std::vector<os::Entry> common;
        auto known = own.entries.begin();
        for (os::Entry& entry : there) {
            for (; known != own.entries.end() && known->name < entry.name; ++known) {
                add(Difference::What::missing, below(own.path, known->name), known->type);
            }
            if (known != own.entries.end() && known->name == entry.name) {
                common.push_back(std::move(entry));
                ++known;
            } else {
                add(Difference::What::extra, below(own.path, entry.name), entry.type);
            }
        }
        for (; known != own.entries.end(); ++known) {
            add(Difference::What::missing, below(own.path, known->name), known->type);
        }
        return common;
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned worker) override {
        const auto& outer = static_cast<const ComparedFolder&>(*folder);
        const ManifestEntry& known =
            *std::ranges::lower_bound(outer.entries, entry.name, {}, &ManifestEntry::name);
        const os::Location at{outer.directory, entry.name};
        const std::optional<os::FileInfo> info = fs_.look(at);
        if (!info) {
            add(Difference::What::missing, below(outer.path, entry.name), known.type);
            return nullptr;
        }
        if (info->type == os::FileType::directory && known.type == os::FileType::directory) {
            std::optional<os::Directory> opened = fs_.open_inside(at.directory, at.name);
            if (opened) {
                auto inner = std::make_shared<ComparedFolder>(
                    folder, *std::move(opened), below(outer.path, entry.name));
                inner->own = known;
                return inner;
            }
        }
        if (!is_same(at, known, *info, false, worker)) {
            add(Difference::What::changed, below(outer.path, entry.name), info->type);
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
        const bool root = own.path.empty();
        bool same = is_owner_and_mode(own.own, info);
        if (look_ == Look::untouched) {
            same = same && own.own.inode == info.inode &&
                   (root || (own.own.mtime == info.mtime && own.own.ctime == info.ctime));
        } else {
            same = same && own.own.mtime == info.mtime &&
                   own.own.attributes == fs_.attributes_checksum(own.directory);
        }
        if (!same) {
            add(Difference::What::changed, own.path, os::FileType::directory);
        }
    }

private:
    void drop(const ComparedFolder& folder, std::vector<os::Entry>& entries) const {
        if (is_dropped(options_.drops, ".")) {
            entries.clear();
        } else if (!options_.drops.empty()) {
            std::erase_if(entries, [&](const os::Entry& entry) {
                return is_dropped(options_.drops, below(folder.path, entry.name));
            });
        }
    }

    bool is_same(const os::Location& at, const ManifestEntry& known, const os::FileInfo& info,
                 bool root, unsigned worker) {
        if (look_ == Look::untouched) {
            os::FileInfo seen = info;
            if (root) {
                seen.ctime = known.ctime;  // a rename changes it
            }
            return is_untouched(known, seen);
        }
        const bool is_file = known.type == os::FileType::file;
        if (!is_owner_and_mode(known, info) || known.mtime != info.mtime ||
            (is_file && known.size != info.size) || !is_same_group(known, info)) {
            return false;
        }
        if (look_ == Look::metadata) {
            return true;
        }
        const os::FileCopy copy = fs_.examine(at, buffers_[worker], options_.cache);
        return copy.result == os::FileCopy::Result::done && copy.content == known.content &&
               copy.attributes == known.attributes;
    }

    // Names that were one file have to be one file, and only they.
    bool is_same_group(const ManifestEntry& known, const os::FileInfo& info) {
        if (!known.several_names) {
            return true;
        }
        const std::lock_guard guard(mutex_);
        const auto [place, is_new] = groups_.try_emplace(known.inode, info.inode);
        return place->second == info.inode;
    }

    void add(Difference::What what, std::string path, os::FileType type) {
        const std::lock_guard guard(mutex_);
        differences_.count += 1;
        if (differences_.some.size() < examples) {
            differences_.some.push_back(path);
        }
        if (options_.found) {
            options_.found({what, std::move(path), type});
        }
    }

    const os::ReadFs& fs_;
    const Manifest& manifest_;
    Look look_;
    const CompareOptions& options_;
    std::vector<os::CopyBuffer> buffers_;
    std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> groups_;  // inode of the original -> of the copy
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
