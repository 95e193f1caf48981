#include "tree/sync.hpp"

#include "tree/walk.hpp"

namespace rehome::tree {

namespace {

struct SyncedFolder : Folder {
    SyncedFolder(std::shared_ptr<Folder> outer, os::Directory opened)
        : Folder(std::move(outer)), directory(std::move(opened)) {}

    os::Directory directory;
};

class Syncer : public Task {
public:
    explicit Syncer(os::Fs& fs) : fs_(fs) {}

    std::vector<os::Entry> enter(Folder& folder, unsigned) override {
        return fs_.list(static_cast<SyncedFolder&>(folder).directory);
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned) override {
        return open(folder, {static_cast<SyncedFolder&>(*folder).directory, entry.name});
    }

    void leave(Folder& folder, unsigned) override {
        fs_.sync_directories({static_cast<SyncedFolder&>(folder).directory});
    }

    // A folder to go into; a file is synced at once. A link lives in its directory.
    std::shared_ptr<Folder> open(const std::shared_ptr<Folder>& outer, const os::Location& at) {
        const std::optional<os::FileInfo> info = fs_.look(at);
        if (info && info->type == os::FileType::file) {
            fs_.sync_file(at);
        } else if (info && info->type == os::FileType::directory) {
            if (std::optional<os::Directory> inner = fs_.open_inside(at.directory, at.name)) {
                return std::make_shared<SyncedFolder>(outer, *std::move(inner));
            }
        }
        return nullptr;
    }

private:
    os::Fs& fs_;
};

}  // namespace

void sync(os::Fs& fs, const os::Location& at, unsigned workers) {
    if (fs.syncs_at_once(at.directory)) {
        return fs.sync_filesystem(at.directory);
    }
    Syncer task(fs);
    if (std::shared_ptr<Folder> root = task.open(nullptr, at)) {
        walk(task, {std::move(root)}, workers);
    }
    fs.sync_directories({at.directory});
}

}  // namespace rehome::tree
