// Each worker goes down depth first on a stack of open directories. It reads a directory to its
// end, adds up the files, and keeps the names of the subdirectories, which it opens relative to it
// later. When another worker has run dry, it gives away half of the names at the bottom of its
// stack, where the largest trees are. So a million files cost one stat each and hardly a lock.
#include "tree/measure.hpp"

#include "tree/entry_facts.hpp"
#include "tree/link_ledger.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace rehome::tree {

namespace {

// An open directory, those of its subdirectories that are still to be visited, and the tree that it
// belongs to.
struct Frame {
    int descriptor = -1;
    std::size_t root = 0;
    dev_t device = 0;
    std::vector<std::string> pending{};
    std::vector<std::string> left_out{};  // paths below it that are not entered
};

// Frames that any worker may take; the walk ends when none is left and all workers wait.
class Pool {
public:
    explicit Pool(unsigned workers) : workers_(workers) {}

    void add(Frame frame) {
        const std::lock_guard guard(mutex_);
        frames_.push_back(std::move(frame));
        wake_.notify_one();
    }

    // Nothing when the walk has ended.
    std::optional<Frame> take() {
        std::unique_lock guard(mutex_);
        ++idle_;
        wake_.wait(guard, [&] { return !frames_.empty() || idle_ == workers_; });
        if (frames_.empty()) {
            wake_.notify_all();
            return std::nullopt;
        }
        --idle_;
        Frame frame = std::move(frames_.front());
        frames_.pop_front();
        return frame;
    }

    [[nodiscard]] bool somebody_waits() const { return idle_.load(std::memory_order_relaxed) > 0; }

private:
    unsigned workers_;
    std::atomic<unsigned> idle_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Frame> frames_;
};

// What is left out below a subdirectory, or nothing if that is left out itself.
std::optional<std::vector<std::string>> left_out_below(const std::vector<std::string>& left_out,
                                                       std::string_view name) {
    std::vector<std::string> below;
    for (const std::string& path : left_out) {
        if (path == name) {
            return std::nullopt;
        }
        if (path.starts_with(name) && path[name.size()] == '/') {
            below.push_back(path.substr(name.size() + 1));
        }
    }
    return below;
}

class Worker {
public:
    Worker(Pool& pool, LinkLedger& ledger, const std::vector<Root>& roots)
        : pool_(pool), ledger_(ledger), roots_(roots), trees_(roots.size()) {}

    void run() {
        while (std::optional<Frame> frame = pool_.take()) {
            stack_.push_back(*std::move(frame));
            while (!stack_.empty()) {
                step();
            }
        }
    }

    // Anything but a directory, by its name in one.
    void add_file(int directory, const char* name, const struct stat& status, std::size_t root) {
        Tree& tree = trees_[root];
        const std::uint64_t room = room_of(status);
        if (S_ISREG(status.st_mode) && !may_read(directory, name, status)) {
            note(tree.traits.unreadable, directory, name);
        } else if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
            note(tree.traits.special, directory, name);
        }
        if (status.st_nlink > 1) {
            const LinkLedger::Met met =
                ledger_.meet({status.st_dev, status.st_ino, status.st_nlink, room, root},
                             [&] { return path_of(directory, name); });
            if (met != LinkLedger::Met::again) {
                tree.traits.room += room;
                tree.traits.entries += 1;
            }
            if (met != LinkLedger::Met::first) {
                return;
            }
        } else {
            tree.traits.room += room;
            tree.traits.entries += 1;
        }
        tree.size.files += 1;
        tree.size.bytes += static_cast<std::uint64_t>(status.st_size);
        tree.size.disk_bytes += on_disk(status);
    }

    void add_unreadable(std::size_t root, const std::filesystem::path& path) {
        trees_[root].size.unreadable += 1;
        trees_[root].traits.unreadable = path;
    }

    [[nodiscard]] const std::vector<Tree>& trees() const { return trees_; }

private:
    static void note(std::filesystem::path& place, int directory, const char* name) {
        if (place.empty()) {
            place = path_of(directory, name);
        }
    }

    void step() {
        if (pool_.somebody_waits()) {
            give_away();
        }
        Frame& frame = stack_.back();
        if (frame.pending.empty()) {
            ::close(frame.descriptor);
            stack_.pop_back();
            return;
        }
        const std::string name = std::move(frame.pending.back());
        frame.pending.pop_back();
        std::optional<std::vector<std::string>> left_out =
            name == "." ? frame.left_out : left_out_below(frame.left_out, name);
        if (!left_out) {
            return;
        }
        const int descriptor = ::openat(
            frame.descriptor, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor >= 0) {
            const std::size_t depth = stack_.size();
            enter(descriptor, frame, *std::move(left_out));
            close_if_finished(depth - 1);
        } else if (errno != ENOENT) {
            add_unreadable(frame.root, path_of(frame.descriptor, name.c_str()));
        }
    }

    // Not only when all below it is finished: a deep tree would need many descriptors.
    void close_if_finished(std::size_t number) {
        if (stack_[number].pending.empty()) {
            ::close(stack_[number].descriptor);
            stack_.erase(stack_.begin() + static_cast<std::ptrdiff_t>(number));
        }
    }

    void give_away() {
        for (Frame& frame : stack_) {
            const std::size_t half = frame.pending.size() / 2;
            if (half == 0) {
                continue;
            }
            const int copy = ::fcntl(frame.descriptor, F_DUPFD_CLOEXEC, 0);
            if (copy < 0) {
                return;  // no descriptor to spare: this worker does it all
            }
            const auto middle = frame.pending.begin() + static_cast<std::ptrdiff_t>(half);
            Frame given{.descriptor = copy, .root = frame.root, .device = frame.device};
            given.left_out = frame.left_out;
            given.pending.assign(std::make_move_iterator(frame.pending.begin()),
                                 std::make_move_iterator(middle));
            frame.pending.erase(frame.pending.begin(), middle);
            pool_.add(std::move(given));
            return;
        }
    }

    // Takes over the descriptor; adds up the directory itself and its files.
    void enter(int descriptor, const Frame& outer, std::vector<std::string> left_out) {
        struct stat status {};

        // A btrfs subvolume has a device number of its own and is no mount.
        if (::fstat(descriptor, &status) != 0 ||
            (status.st_dev != outer.device && !are_on_one_mount(descriptor, outer.descriptor))) {
            ::close(descriptor);
            return;
        }
        Tree& tree = trees_[outer.root];
        tree.size.directories += 1;
        tree.size.bytes += static_cast<std::uint64_t>(status.st_size);
        tree.size.disk_bytes += on_disk(status);
        tree.traits.entries += 1;
        tree.traits.room += room_of(status);
        Frame frame{.descriptor = descriptor, .root = outer.root, .device = status.st_dev};
        frame.left_out = std::move(left_out);
        folded_.clear();
        read(frame);
        stack_.push_back(std::move(frame));
    }

    void read(Frame& frame) {
        for (;;) {
            const long got =
                ::syscall(SYS_getdents64, frame.descriptor, buffer_.data(), buffer_.size());
            if (got <= 0) {
                return;
            }
            for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
                at += visit(frame, buffer_.data() + at);
            }
        }
    }

    // One record of getdents64(2): inode 8 bytes, offset 8, length 2, type 1, name. Returns its
    // length.
    std::size_t visit(Frame& frame, const char* record) {
        std::uint16_t length = 0;
        std::memcpy(&length, record + 16, sizeof length);
        const auto type = static_cast<unsigned char>(record[18]);
        const char* name = record + 19;
        const std::string_view text = name;
        if (text == "." || text == "..") {
            return length;
        }
        look_at_name(frame, name);
        if (type == DT_DIR) {
            frame.pending.emplace_back(text);
            return length;
        }

        struct stat status {};

        if (::fstatat(frame.descriptor, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) ==
            0) {
            if (S_ISDIR(status.st_mode)) {
                frame.pending.emplace_back(text);
            } else {
                add_file(frame.descriptor, name, status, frame.root);
            }
        } else if (errno != ENOENT) {
            note(trees_[frame.root].traits.unreadable, frame.descriptor, name);
        }
        return length;
    }

    void look_at_name(const Frame& frame, const char* name) {
        TreeTraits& traits = trees_[frame.root].traits;
        const std::string_view text = name;
        if (text.size() > traits.longest_name.size()) {
            traits.longest_name = text;
        }
        if (roots_[frame.root].letters == Case::ignored &&
            !folded_.insert(in_one_case(text)).second) {
            note(traits.alike, frame.descriptor, name);
        }
    }

    Pool& pool_;
    LinkLedger& ledger_;
    const std::vector<Root>& roots_;
    std::vector<Tree> trees_;
    std::set<std::string> folded_;  // names of the directory that is read, if case is ignored
    std::vector<Frame> stack_;
    std::array<char, 65536> buffer_{};
};

}  // namespace

TreeSize& TreeSize::operator+=(const TreeSize& other) {
    bytes += other.bytes;
    disk_bytes += other.disk_bytes;
    files += other.files;
    directories += other.directories;
    unreadable += other.unreadable;
    return *this;
}

TreeTraits& TreeTraits::operator+=(const TreeTraits& other) {
    const auto keep_one = [](std::filesystem::path& mine, const std::filesystem::path& theirs) {
        mine = mine.empty() || (!theirs.empty() && theirs < mine) ? theirs : mine;
    };
    room += other.room;
    entries += other.entries;
    if (other.longest_name.size() > longest_name.size()) {
        longest_name = other.longest_name;
    }
    keep_one(special, other.special);
    keep_one(unreadable, other.unreadable);
    keep_one(alike, other.alike);
    return *this;
}

Survey survey(const std::vector<Root>& roots, unsigned threads) {
    Pool pool(threads);
    LinkLedger ledger;
    std::deque<Worker> workers;
    for (unsigned index = 0; index < threads; ++index) {
        workers.emplace_back(pool, ledger, roots);
    }
    for (std::size_t index = 0; index < roots.size(); ++index) {
        const char* path = roots[index].path.c_str();

        struct stat status {};

        if (::lstat(path, &status) != 0) {
            continue;
        }
        if (!S_ISDIR(status.st_mode)) {
            workers.front().add_file(AT_FDCWD, path, status, index);
            continue;
        }
        const int descriptor = ::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor >= 0) {
            pool.add({.descriptor = descriptor,
                      .root = index,
                      .device = status.st_dev,
                      .pending = {"."},
                      .left_out = roots[index].left_out});
        } else {
            workers.front().add_unreadable(index, roots[index].path);
        }
    }
    {
        std::vector<std::jthread> running;
        for (Worker& worker : workers) {
            running.emplace_back([&worker] { worker.run(); });
        }
    }
    Survey result{.trees = std::vector<Tree>(roots.size()), .shared = ledger.shared()};
    for (const Worker& worker : workers) {
        for (std::size_t index = 0; index < roots.size(); ++index) {
            result.trees[index].size += worker.trees()[index].size;
            result.trees[index].traits += worker.trees()[index].traits;
        }
    }
    return result;
}

std::vector<TreeSize> measure(const std::vector<std::filesystem::path>& roots, unsigned threads) {
    std::vector<Root> all;
    for (const std::filesystem::path& path : roots) {
        all.push_back({.path = path});
    }
    std::vector<TreeSize> sizes;
    for (const Tree& tree : survey(all, threads).trees) {
        sizes.push_back(tree.size);
    }
    return sizes;
}

}  // namespace rehome::tree
