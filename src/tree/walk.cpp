// Each worker goes down depth first on a stack of shares: entries of one folder that are still to
// be visited. When another worker has run dry, it gives away half of the share at the bottom of its
// stack, where the largest trees are. A folder counts its shares and subfolders; who takes the last
// one away leaves it, and then perhaps its parent.
#include "tree/walk.hpp"

#include "os/interrupt.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace rehome::tree {

namespace {

constexpr std::size_t awake_levels = 32;   // real trees are less deep
constexpr std::size_t anchor_levels = 64;  // from one anchor to the next: the longest way to reopen

struct Share {
    std::shared_ptr<Folder> folder;
    std::vector<os::Entry> entries;
    bool entered = false;
    bool held = false;
};

// Shares that any worker may take; the walk ends when none is left and all workers wait.
class Pool {
public:
    explicit Pool(unsigned workers) : workers_(workers) {}

    void add(Share share) {
        const std::lock_guard guard(mutex_);
        shares_.push_back(std::move(share));
        wake_.notify_one();
    }

    // Nothing when the walk has ended.
    std::optional<Share> take() {
        std::unique_lock guard(mutex_);
        ++idle_;
        wake_.wait(guard, [&] { return !shares_.empty() || idle_ == workers_ || failed(); });
        if (shares_.empty() || failed()) {
            wake_.notify_all();
            return std::nullopt;
        }
        --idle_;
        Share share = std::move(shares_.front());
        shares_.pop_front();
        return share;
    }

    void work_with(unsigned workers) {
        const std::lock_guard guard(mutex_);
        workers_ = workers;
        wake_.notify_all();
    }

    void fail(std::exception_ptr reason) {
        const std::lock_guard guard(mutex_);
        if (!reason_) {
            reason_ = std::move(reason);
        }
        failed_.store(true, std::memory_order_relaxed);
        wake_.notify_all();
    }

    [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }

    [[nodiscard]] bool somebody_waits() const { return idle_.load(std::memory_order_relaxed) > 0; }

    void rethrow() const {
        if (reason_) {
            std::rethrow_exception(reason_);
        }
    }

private:
    unsigned workers_;
    std::atomic<unsigned> idle_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Share> shares_;
    std::exception_ptr reason_;
};

class Worker {
public:
    Worker(Pool& pool, Task& task, unsigned number) : pool_(pool), task_(task), number_(number) {}

    void run() {
        try {
            while (std::optional<Share> share = pool_.take()) {
                stack_.push_back(*std::move(share));
                while (!stack_.empty() && !pool_.failed()) {
                    os::check_interrupt();
                    step();
                }
            }
        } catch (...) {
            pool_.fail(std::current_exception());
        }
        // From below: a folder that took its parents along would need a deep stack.
        while (!stack_.empty()) {
            stack_.pop_back();
        }
    }

private:
    void step() {
        if (pool_.somebody_waits()) {
            give_away();
        }
        Share& share = stack_.back();
        if (!share.held) {
            hold(*share.folder);
            share.held = true;
        }
        if (!share.entered) {
            share.entries = task_.enter(*share.folder, number_);
            share.entered = true;
        }
        if (share.entries.empty()) {
            std::shared_ptr<Folder> folder = std::move(share.folder);
            stack_.pop_back();
            release(std::move(folder));
            return;
        }
        const os::Entry entry = std::move(share.entries.back());
        share.entries.pop_back();
        if (std::shared_ptr<Folder> inner = task_.visit(share.folder, entry, number_)) {
            share.folder->open.fetch_add(1);
            let_go(*share.folder);
            share.held = false;
            stack_.push_back({.folder = std::move(inner), .entries = {}, .entered = false});
        }
    }

    void give_away() {
        for (Share& share : stack_) {
            const std::size_t half = share.entries.size() / 2;
            if (half == 0) {
                continue;
            }
            const auto middle = share.entries.begin() + static_cast<std::ptrdiff_t>(half);
            Share given{.folder = share.folder, .entries = {}, .entered = true};
            given.entries.assign(std::make_move_iterator(share.entries.begin()),
                                 std::make_move_iterator(middle));
            share.entries.erase(share.entries.begin(), middle);
            share.folder->open.fetch_add(1);
            pool_.add(std::move(given));
            return;
        }
    }

    void hold(Folder& folder) {
        if (!folder.may_rest()) {
            return;
        }
        const std::lock_guard guard(folder.hold_mutex);
        if (folder.rests) {
            task_.wake(folder);
            folder.rests = false;
        }
        folder.holds += 1;
    }

    void let_go(Folder& folder) {
        if (!folder.may_rest()) {
            return;
        }
        const std::lock_guard guard(folder.hold_mutex);
        folder.holds -= 1;
        if (folder.holds == 0) {
            task_.rest(folder);
            folder.rests = true;
        }
    }

    // Of a folder that is held. Nobody may hold on to it: each closes what it has as it goes.
    void release(std::shared_ptr<Folder> folder) {
        while (folder->open.fetch_sub(1) == 1) {
            std::shared_ptr<Folder> parent = folder->parent;
            if (parent) {
                hold(*parent);
            }
            task_.leave(*folder, number_);
            if (!parent) {
                return;
            }
            folder = std::move(parent);
        }
        let_go(*folder);
    }

    Pool& pool_;
    Task& task_;
    unsigned number_;
    std::vector<Share> stack_;
};

}  // namespace

Folder::Folder(std::shared_ptr<Folder> outer, std::string own_name)
    : parent(std::move(outer)), name(std::move(own_name)), depth(parent ? parent->depth + 1 : 0) {}

std::string Folder::path() const {
    return parent ? parent->path_of(name) : "";
}

std::string Folder::path_of(const std::string& entry) const {
    const Folder* root = this;
    while (root->parent) {
        root = root->parent.get();
    }
    const std::string own = path_below(*root);
    return own.empty() ? entry : own + "/" + entry;
}

bool Folder::may_rest() const {
    return depth >= awake_levels && depth % anchor_levels != 0;
}

Folder& Folder::anchor() const {
    Folder* folder = parent.get();
    while (folder->may_rest()) {
        folder = folder->parent.get();
    }
    return *folder;
}

std::string Folder::path_below(const Folder& outer) const {
    std::vector<const std::string*> names;
    for (const Folder* folder = this; folder != &outer; folder = folder->parent.get()) {
        names.push_back(&folder->name);
    }
    std::string path;
    for (auto part = names.rbegin(); part != names.rend(); ++part) {
        path += (path.empty() ? "" : "/") + **part;
    }
    return path;
}

void walk(Task& task, std::vector<std::shared_ptr<Folder>> roots, unsigned workers) {
    Pool pool(workers);
    for (std::shared_ptr<Folder>& root : roots) {
        pool.add({.folder = std::move(root), .entries = {}, .entered = false});
    }
    {
        std::vector<std::jthread> others;
        for (unsigned number = 1; number < workers; ++number) {
            try {
                others.emplace_back([&pool, &task, number] { Worker(pool, task, number).run(); });
            } catch (const std::system_error&) {
                pool.work_with(number);
                break;
            }
        }
        Worker(pool, task, 0).run();
    }
    pool.rethrow();
}

}  // namespace rehome::tree
