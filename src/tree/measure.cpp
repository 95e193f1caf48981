// Each worker goes down depth first on a stack of open directories. It reads a directory to its
// end, adds up the files, and keeps the names of the subdirectories, which it opens relative to it
// later. When another worker has run dry, it gives away half of the names at the bottom of its
// stack, where the largest trees are. So a million files cost one stat each and hardly a lock.
#include "tree/measure.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// Files with several names, by device and inode.
class SeveralNames {
public:
    bool is_first(const struct stat& status) {
        const std::lock_guard guard(mutex_);
        return seen_.emplace(status.st_dev, status.st_ino).second;
    }

private:
    std::mutex mutex_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

class Worker {
public:
    Worker(Pool& pool, SeveralNames& names, std::size_t roots)
        : pool_(pool), names_(names), sizes_(roots) {}

    void run() {
        while (std::optional<Frame> frame = pool_.take()) {
            stack_.push_back(*std::move(frame));
            while (!stack_.empty()) {
                step();
            }
        }
    }

    void add_file(const struct stat& status, std::size_t root) {
        if (status.st_nlink > 1 && !names_.is_first(status)) {
            return;
        }
        TreeSize& size = sizes_[root];
        size.files += 1;
        size.bytes += static_cast<std::uint64_t>(status.st_size);
        size.disk_bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }

    [[nodiscard]] const std::vector<TreeSize>& sizes() const { return sizes_; }

private:
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
        const int descriptor = ::openat(
            frame.descriptor, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor >= 0) {
            enter(descriptor, frame.root, frame.device);
        } else if (errno != ENOENT) {
            sizes_[frame.root].unreadable += 1;
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
            given.pending.assign(std::make_move_iterator(frame.pending.begin()),
                                 std::make_move_iterator(middle));
            frame.pending.erase(frame.pending.begin(), middle);
            pool_.add(std::move(given));
            return;
        }
    }

    // Takes over the descriptor; adds up the directory itself and its files.
    void enter(int descriptor, std::size_t root, dev_t device) {
        struct stat status {};

        if (::fstat(descriptor, &status) != 0 || status.st_dev != device) {
            ::close(descriptor);
            return;
        }
        TreeSize& size = sizes_[root];
        size.directories += 1;
        size.bytes += static_cast<std::uint64_t>(status.st_size);
        size.disk_bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
        Frame frame{.descriptor = descriptor, .root = root, .device = device};
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
                add_file(status, frame.root);
            }
        }
        return length;
    }

    Pool& pool_;
    SeveralNames& names_;
    std::vector<TreeSize> sizes_;
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

std::vector<TreeSize> measure(const std::vector<std::filesystem::path>& roots, unsigned threads) {
    Pool pool(threads);
    SeveralNames names;
    std::vector<Worker> workers;
    for (unsigned index = 0; index < threads; ++index) {
        workers.emplace_back(pool, names, roots.size());
    }
    std::vector<TreeSize> sizes(roots.size());
    for (std::size_t root = 0; root < roots.size(); ++root) {
        struct stat status {};

        if (::lstat(roots[root].c_str(), &status) != 0) {
            continue;
        }
        if (!S_ISDIR(status.st_mode)) {
            workers.front().add_file(status, root);
            continue;
        }
        const int descriptor =
            ::open(roots[root].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor >= 0) {
            pool.add({.descriptor = descriptor,
                      .root = root,
                      .device = status.st_dev,
                      .pending = {"."}});
        } else {
            sizes[root].unreadable += 1;
        }
    }
    {
        std::vector<std::jthread> running;
        for (Worker& worker : workers) {
            running.emplace_back([&worker] { worker.run(); });
        }
    }
    for (const Worker& worker : workers) {
        for (std::size_t root = 0; root < roots.size(); ++root) {
            sizes[root] += worker.sizes()[root];
        }
    }
    return sizes;
}

}  // namespace rehome::tree
