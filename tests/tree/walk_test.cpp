#include "base/error.hpp"
#include "os/interrupt.hpp"
#include "support/copying.hpp"
#include "tree/walk.hpp"

#include <catch2/catch.hpp>

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <stdexcept>

using namespace rehome;
using tree::Folder;

namespace {

// A made-up tree: each folder has so many folders in it down to a depth, and as many files.
class Counter : public tree::Task {
public:
    Counter(int width, std::size_t depth) : width_(width), depth_(depth) {}

    std::vector<os::Entry> enter(Folder& folder, unsigned) override {
        entered += 1;
        std::vector<os::Entry> entries;
        for (int number = 0; number < width_; ++number) {
            entries.push_back({"f" + std::to_string(number), os::FileType::file});
            if (folder.depth < depth_) {
                entries.push_back({"d" + std::to_string(number), os::FileType::directory});
            }
        }
        return entries;
    }

    std::shared_ptr<Folder> visit(const std::shared_ptr<Folder>& folder, const os::Entry& entry,
                                  unsigned worker) override {
        check_awake(*folder);
        const int number = visited.fetch_add(1) + 1;
        if (number == fail_at) {
            throw std::runtime_error("failed");
        }
        if (number == interrupt_at) {
            std::raise(SIGINT);
        }
        {
            const std::lock_guard guard(mutex);
            workers.insert(worker);
            paths.insert(folder->path_of(entry.name));
        }
        return entry.type == os::FileType::directory ? std::make_shared<Folder>(folder, entry.name)
                                                     : nullptr;
    }

    void leave(Folder& folder, unsigned) override {
        check_awake(folder);
        if (folder.parent) {
            check_awake(*folder.parent);
        }
        const std::lock_guard guard(mutex);
        // Everything below it was left before.
        const std::string own = folder.path();
        const auto next = left.lower_bound(own + "/");
        too_early = too_early || left.contains(own);
        if (folder.depth < depth_) {
            too_early = too_early || next == left.end();
        }
        left.insert(own);
    }

    void rest(Folder& folder) override {
        const std::lock_guard guard(mutex);
        resting.insert(&folder);
        rested += 1;
    }

    void wake(Folder& folder) override {
        const std::lock_guard guard(mutex);
        resting.erase(&folder);
    }

    std::atomic<int> entered = 0;
    std::atomic<int> visited = 0;
    int fail_at = -1;
    int interrupt_at = -1;
    std::mutex mutex;
    std::set<unsigned> workers;
    std::set<std::string> paths;
    std::set<std::string> left;
    std::set<Folder*> resting;
    int rested = 0;
    bool too_early = false;
    bool asleep = false;

private:
    void check_awake(Folder& folder) {
        const std::lock_guard guard(mutex);
        asleep = asleep || resting.contains(&folder);
    }

    int width_;
    std::size_t depth_;
};

void walk(Counter& counter, unsigned workers) {
    tree::walk(counter, {std::make_shared<Folder>(nullptr)}, workers);
}

}  // namespace

TEST_CASE("each entry is visited once and each folder left after its own", "[tree]") {
    for (const unsigned workers : {1U, 2U, 5U, 16U}) {
        Counter counter(4, 5);
        walk(counter, workers);
        CHECK(counter.entered == 1365);
        CHECK(counter.left.size() == 1365);
        CHECK(counter.visited == 1364 + 4 * 1365);
        CHECK(counter.paths.size() == static_cast<std::size_t>(counter.visited));
        CHECK_FALSE(counter.too_early);
        CHECK(counter.rested == 0);
    }
}

TEST_CASE("several roots are walked side by side", "[tree]") {
    Counter counter(2, 0);
    std::vector<std::shared_ptr<Folder>> roots;
    for (int number = 0; number < 10; ++number) {
        roots.push_back(std::make_shared<Folder>(nullptr));
    }
    tree::walk(counter, roots, 3);
    CHECK(counter.entered == 10);
    CHECK(counter.visited == 20);
    tree::walk(counter, {}, 3);
    CHECK(counter.entered == 10);
}

TEST_CASE("a deep folder rests while nobody is at it, and is awake for its task", "[tree]") {
    for (const unsigned workers : {1U, 2U, 7U}) {
        Counter counter(1, 3000);
        walk(counter, workers);
        CHECK(counter.left.size() == 3001);
        CHECK(counter.rested > 2900);
        CHECK_FALSE(counter.asleep);
        CHECK_FALSE(counter.too_early);
    }
}

TEST_CASE("an exception in any worker ends the walk and is thrown again", "[tree]") {
    for (const unsigned workers : {1U, 2U, 8U}) {
        for (const int call : {1, 10, 1000}) {
            Counter counter(4, 5);
            counter.fail_at = call;
            CHECK(support::error_of([&] { walk(counter, workers); }) == "failed");
            CHECK(counter.visited < call + 2000);
            CHECK_FALSE(counter.left.contains(""));
        }
        Counter deep(1, 5000);
        deep.fail_at = 9000;
        CHECK(support::error_of([&] { walk(deep, workers); }) == "failed");
    }
}

TEST_CASE("an interrupt ends the walk", "[tree]") {
    os::catch_interrupts();
    Counter counter(4, 6);
    counter.interrupt_at = 100;
    try {
        walk(counter, 3);
        FAIL("it was not interrupted");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::interrupted);
    }
    os::tolerate_interrupts();
    Counter again(3, 3);
    walk(again, 3);
    CHECK(again.entered == 40);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        std::signal(number, SIG_DFL);
    }
}

TEST_CASE("the threads that there are do the walk", "[tree]") {
    pthread_attr_t old;
    pthread_attr_t huge;
    REQUIRE(::pthread_getattr_default_np(&old) == 0);
    REQUIRE(::pthread_getattr_default_np(&huge) == 0);
    ::pthread_attr_setstacksize(&huge,
                                std::size_t{1} << 46);  // no thread gets a stack of that size
    REQUIRE(::pthread_setattr_default_np(&huge) == 0);
    Counter counter(4, 4);
    const std::string error = support::error_of([&] { walk(counter, 4); });
    ::pthread_setattr_default_np(&old);
    CHECK(error.empty());
    CHECK(counter.entered == 341);
    CHECK(counter.workers == std::set<unsigned>{0});
}
