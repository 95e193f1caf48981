// Trees beyond what is usual: very deep, very wide.
#include "support/copying.hpp"
#include "tree/measure.hpp"
#include "tree/remove.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

using namespace rehome;
using namespace rehome::support;
using tree::Look;

namespace {

// As many descriptors as a shell gives.
class FewDescriptors {
public:
    FewDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &old_);
        rlimit few = old_;
        few.rlim_cur = std::min<rlim_t>(old_.rlim_cur, 1024);
        ::setrlimit(RLIMIT_NOFILE, &few);
    }

    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

private:
    rlimit old_{};
};

void make_file(int directory, const char* name) {
    ::close(::openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

// A chain of directories with a file beside each, hard links to the first one and an empty
// directory before and behind the chain.
void make_deep(const std::filesystem::path& root, int depth) {
    std::filesystem::create_directory(root);
    int directory = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int top = ::dup(directory);
    make_file(top, "first");
    for (int level = 0; level < depth; ++level) {
        for (const char* name : {"a", "d", "z"}) {
            ::mkdirat(directory, name, 0755);
        }
        make_file(directory, "file");
        if (level % 100 == 0) {
            ::linkat(top, "first", directory, "link", 0);
        }
        const int next = ::openat(directory, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::close(directory);
        directory = next;
    }
    ::close(directory);
    ::close(top);
}

void check_depth(int depth) {
    Copying copying;
    make_deep(copying.source, depth);
    let_the_clock_tick();
    const FewDescriptors few;
    for (const unsigned workers : {1U, 3U}) {
        const tree::Mirrored mirrored = copying.mirror({.workers = workers});
        CHECK(mirrored.totals.entries == static_cast<std::uint64_t>(4 * depth + depth / 100 + 2));
        CHECK(copying.compare(copying.destination, Look::content).empty());
        CHECK(copying.compare(copying.source, Look::untouched).empty());
        os::Fs fs;
        tree::remove(fs, at(copying.destination), workers);
        CHECK_FALSE(std::filesystem::exists(copying.destination));
    }
    os::Fs fs;
    tree::remove(fs, at(copying.source), 2);
    CHECK_FALSE(std::filesystem::exists(copying.source));
}

}  // namespace

TEST_CASE("a tree of depth 2,000 is mirrored, compared and removed", "[tree]") {
    check_depth(2000);
}

TEST_CASE("a tree of depth 10,000 is mirrored, compared and removed", "[tree]") {
    check_depth(10'000);
}

TEST_CASE("100,000 files in one directory are mirrored", "[tree]") {
    Copying copying;
    std::filesystem::create_directory(copying.source);
    const int directory = ::open(copying.source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int number = 0; number < 100'000; ++number) {
        make_file(directory, std::to_string(number).c_str());
    }
    ::close(directory);
    let_the_clock_tick();
    CHECK(copying.mirror({.workers = 4}).totals.entries == 100'001);
    CHECK(copying.compare(copying.destination, Look::content).empty());
    CHECK(copying.compare(copying.source, Look::untouched).empty());
    os::Fs fs;
    tree::remove(fs, at(copying.source), 4);
    tree::remove(fs, at(copying.destination), 4);
}
