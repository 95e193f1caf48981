#include "tree/remove.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tree/opened_folder.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace rehome::tree {

namespace {

class Remover : public Task {
public:
    Remover(os::Fs& fs, const os::Location& root, Progress* progress)
        : fs_(fs), root_(root), progress_(progress) {}

    std::shared_ptr<Folder> open(const std::shared_ptr<Folder>& outer, const os::Location& at) {
        try {
            return make(outer, at);
        } catch (const base::Error& error) {
            if (error.code() != EACCES) {
                throw;
            }
            fs_.set_mode(at, 0700);
            return make(outer, at);
        }
    }

    std::vector<os::Entry> enter(Folder& folder, unsigned) override {
        return fs_.list(static_cast<OpenedFolder&>(folder).directory);
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned) override {
        const os::Location at{static_cast<OpenedFolder&>(*folder).directory, entry.name};
        os::FileType type = entry.type;
        if (type == os::FileType::other) {
            const std::optional<os::FileInfo> info = fs_.look(at);
            type = info ? info->type : type;
        }
        if (type == os::FileType::directory) {
            return open(folder, at);
        }
        fs_.remove_file(at);
        if (progress_ != nullptr) {
            progress_->files.fetch_add(1, std::memory_order_relaxed);
        }
        return nullptr;
    }

    void leave(Folder& folder, unsigned) override {
        const auto* outer = static_cast<OpenedFolder*>(folder.parent.get());
        const os::Location at =
            outer == nullptr ? root_ : os::Location{outer->directory, folder.name};
        if (fs_.remove_directory(at) == os::Removed::not_empty) {
            throw base::Error(base::Kind::io,
                              fmt::format("{} is not empty: a program goes on writing there",
                                          base::in_quotes(at.path().native())));
        }
    }

    void rest(Folder& folder) override { static_cast<OpenedFolder&>(folder).rest(fs_); }

    void wake(Folder& folder) override { static_cast<OpenedFolder&>(folder).wake(fs_); }

private:
    std::shared_ptr<Folder> make(const std::shared_ptr<Folder>& outer, const os::Location& at) {
        std::optional<os::Directory> directory = fs_.open_inside(at.directory, at.name);
        if (!directory) {
            return nullptr;
        }
        if ((fs_.look(*directory).mode & 0300U) != 0300U) {
            fs_.set_mode(at, 0700);
        }
        return std::make_shared<OpenedFolder>(outer, at.name, *std::move(directory));
    }

    os::Fs& fs_;
    const os::Location& root_;
    Progress* progress_;
};

}  // namespace

void remove(os::Fs& fs, const os::Location& at, unsigned workers, Progress* progress) {
    const std::optional<os::FileInfo> info = fs.look(at);
    if (!info) {
        return;
    }
    if (info->type != os::FileType::directory) {
        fs.remove_file(at);
        return;
    }
    Remover task(fs, at, progress);
    if (std::shared_ptr<Folder> root = task.open(nullptr, at)) {
        walk(task, {std::move(root)}, workers);
    }
}

}  // namespace rehome::tree
