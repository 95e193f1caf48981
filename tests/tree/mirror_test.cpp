#include "base/error.hpp"
#include "os/interrupt.hpp"
#include "support/command.hpp"
#include "support/copying.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"
#include "support/snapshot.hpp"
#include "support/this_filesystem.hpp"
#include "tree/mirror.hpp"

#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

using namespace rehome;
using namespace rehome::support;
using tree::Look;

namespace {

// Something of everything.
void make_tree(const std::filesystem::path& root) {
    write_file(root / "one", "1");
    write_file(root / "a/b/c/deep", text_of_size(300'000));
    write_file(root / "a/empty", "");
    write_file(root / "z/last", text_of_size(4097));
    std::filesystem::create_directory(root / "a/nothing");
    std::filesystem::create_symlink("../one", root / "a/link");
    std::filesystem::create_symlink("/nowhere/at/all", root / "dangling");
    std::filesystem::create_symlink(".", root / "z/here");
    std::filesystem::create_hard_link(root / "one", root / "z/one-again");
    std::filesystem::create_hard_link(root / "one", root / "a/b/one-more");
    std::filesystem::create_hard_link(root / "z/last", root / "a/last");
    ::link((root / "dangling").c_str(), (root / "a/dangling").c_str());
    set_mode(root / "a/empty", 04711);
    set_mode(root / "a/nothing", 03755);
    set_mode(root / "z", 0555);
    set_mtime(root / "dangling", -1);
    set_mtime(root / "a/b", 1'234'567'890'123'456'789);
    set_mtime(root, 42);
}

// Every look at both sides finds what was mirrored.
void check_equal(const Copying& copying) {
    CHECK(difference_of(copying.source, copying.destination).empty());
    CHECK(copying.compare(copying.destination, Look::metadata).empty());
    CHECK(copying.compare(copying.destination, Look::content).empty());
}

std::string mirror_error(Copying& copying) {
    return error_of([&] { copying.mirror(); });
}

}  // namespace

TEST_CASE("a tree is mirrored with all that is in it", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    let_the_clock_tick();
    const tree::Mirrored mirrored = copying.mirror();
    CHECK(mirrored.totals.entries == 17);
    CHECK(mirrored.unsteady == 0);
    CHECK(copying.manifest().totals() == mirrored.totals);
    check_equal(copying);
    CHECK(copying.compare(copying.source, Look::untouched).empty());
    CHECK(copying.compare(copying.source, Look::content).empty());
}

TEST_CASE("a sample home is mirrored to another filesystem", "[tree]") {
    auto memory = SharedMemoryDir::make();
    if (!memory) {
        WARN("SKIPPED: no second filesystem at /dev/shm");
        return;
    }
    for (const char* name : {"realistic.toml", "hard_linked_proxies.toml"}) {
        Copying copying(memory->path() / name);
        make_sample_home(source_directory() / "fixtures/homes" / name, copying.source);
        for (const auto& [path, entry] : take_snapshot(copying.source)) {
            if (entry.type == "fifo" || entry.type == "socket") {
                std::filesystem::remove(copying.source / path);
            }
        }
        copying.mirror({.workers = 4});
        check_equal(copying);
    }
}

TEST_CASE("a mirror on another filesystem is equal, and so is its mirror", "[tree]") {
    auto memory = SharedMemoryDir::make();
    if (!memory || !keeps_attributes(memory->path())) {
        WARN("SKIPPED: no second filesystem at /dev/shm");
        return;
    }
    Copying there(memory->path());
    make_tree(there.source);
    set_attribute(there.source / "one", "user.note", "kept");
    set_acl(there.source / "a", "system.posix_acl_default", 0750, {"u:1234:rw"});
    set_acl(there.source / "a/b", "system.posix_acl_access", 0750, {"u:1234:rw"});
    there.mirror();
    check_equal(there);
    const TempDir home;
    os::Fs fs;
    tree::ManifestWriter writer(fs, at(home / "manifest"));
    tree::mirror(fs, at(there.destination), at(home / "back"), writer, {.workers = 2});
    CHECK(difference_of(there.source, home / "back").empty());
}

TEST_CASE("a single file or link is mirrored", "[tree]") {
    Copying copying;
    write_file(copying.source, text_of_size(5000));
    set_mode(copying.source, 0600);
    let_the_clock_tick();
    CHECK(copying.mirror().totals == tree::ManifestTotals{1, 5000});
    check_equal(copying);
    CHECK(copying.compare(copying.source, Look::untouched).empty());
    std::filesystem::remove(copying.source);
    std::filesystem::create_symlink("elsewhere", copying.source);
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("names of any bytes are mirrored", "[tree]") {
    Copying copying;
    for (const std::string& name : {std::string("line\nbreak"),
                                    std::string("\xff\xfe bad"),
                                    std::string(255, 'n'),
                                    std::string("rehome1\n"),
                                    std::string(" "),
                                    std::string("...")}) {
        write_file(copying.source / name / name, name);
    }
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("nothing is inherited from the directory of the copy", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    const std::filesystem::path parent = copying.destination.parent_path();
    if (keeps_attributes(parent)) {
        set_acl(parent, "system.posix_acl_default", 0777, {"u:1234:rwx", "g:99:rwx"});
    }
    set_mode(parent, 02777);
    copying.mirror();
    check_equal(copying);

    Copying file;
    write_file(file.source, "text");
    if (keeps_attributes(parent)) {
        set_acl(file.destination.parent_path(), "system.posix_acl_default", 0777, {"u:12:rwx"});
    }
    file.mirror();
    check_equal(file);
}

TEST_CASE("nobody else can look into a copy before it is complete", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    set_mode(copying.source, 0777);
    FaultFs fs;
    bool open = false;
    fs.watch([&](std::string_view) {
        const auto info = os::ReadFs().look(copying.destination);
        open = open || (info && (info->mode & 077U) != 0);
    });
    copying.use(fs);
    copying.mirror({.workers = 3});
    CHECK_FALSE(open);
    CHECK(fs.calls().size() > 10);
    CHECK(info_of(copying.destination).mode == 0777);
}

TEST_CASE("directories that their owner may not enter are mirrored", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    for (const char* name : {"a/b/c", "a/b", "a"}) {
        set_mode(copying.source / name, name[1] == '\0' ? 0 : 0555);
    }
    if (::geteuid() != 0) {
        CHECK(mirror_error(copying).find("/a'") != std::string::npos);
        return;
    }
    copying.mirror();
    check_equal(copying);
    write_file(copying.source / "a/b/more", "new");
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("what cannot be copied is named", "[tree]") {
    {
        Copying copying;
        make_tree(copying.source);
        REQUIRE(::mkfifo((copying.source / "a/pipe").c_str(), 0600) == 0);
        CHECK(mirror_error(copying).find("a/pipe' is a socket, a pipe") != std::string::npos);
    }
    {
        Copying copying;
        REQUIRE(::mkfifo(copying.source.c_str(), 0600) == 0);
        CHECK(mirror_error(copying).find("is a socket, a pipe") != std::string::npos);
    }
    {
        Copying copying;
        std::filesystem::create_directory(copying.source);
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        const std::string path = copying.source / "socket";
        REQUIRE(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size());
        CHECK(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        CHECK(mirror_error(copying).find("socket'") != std::string::npos);
        ::close(socket);
    }
    if (::geteuid() == 0) {
        Copying copying;
        std::filesystem::create_directory(copying.source);
        const std::filesystem::path device = copying.source / "null";
        if (::mknod(device.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) == 0) {
            CHECK(mirror_error(copying).find("null'") != std::string::npos);
        }
    }
}

TEST_CASE("a missing source is an error, and nothing is made", "[tree]") {
    Copying copying;
    CHECK(mirror_error(copying).find("vanished") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(copying.destination));
}

TEST_CASE("what is dropped is left out of the mirror", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    copying.mirror({.workers = 2, .drops = {"a/b", "z/last", "b"}});
    CHECK(std::filesystem::exists(copying.destination / "a/last"));
    CHECK_FALSE(std::filesystem::exists(copying.destination / "a/b"));
    CHECK_FALSE(std::filesystem::exists(copying.destination / "z/last"));
    CHECK(copying.compare(copying.destination, Look::content).empty());
    CHECK(copying.compare(copying.source, Look::content, {"a/b", "z/last"}).empty());
    CHECK(copying.compare(copying.source, Look::content) == "extra a/b, extra z/last");
    CHECK(copying.compare(copying.destination, Look::content, {"a"}).empty());

    copying.mirror({.workers = 2, .drops = {"."}});
    CHECK(std::filesystem::is_empty(copying.destination));
    CHECK(info_of(copying.destination).mtime == 42);
    CHECK(copying.compare(copying.source, Look::content, {"."}).empty());
}

TEST_CASE("any number of workers makes the same manifest", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    for (int number = 0; number < 300; ++number) {
        write_file(copying.source / std::to_string(number % 17) / std::to_string(number),
                   std::to_string(number));
    }
    const tree::Mirrored alone = copying.mirror({.workers = 1});
    const base::Digest digest = copying.manifest().root().content;
    for (const unsigned workers : {2U, 3U, 8U}) {
        std::filesystem::remove_all(copying.destination);
        const tree::Mirrored together = copying.mirror({.workers = workers});
        CHECK(together.totals == alone.totals);
        CHECK(together.changes == alone.changes);
        CHECK(copying.manifest().root().content == digest);
        check_equal(copying);
    }
}

TEST_CASE("a failure in one worker ends the mirror", "[tree]") {
    for (const unsigned workers : {1U, 4U}) {
        for (const int call : {1, 2, 7, 20}) {
            Copying copying;
            make_tree(copying.source);
            FaultFs fs(FaultFs::Fault::error, call, ENOSPC);
            copying.use(fs);
            CHECK(error_of([&] { copying.mirror({.workers = workers}); }).find("No space left") !=
                  std::string::npos);
            CHECK_FALSE(std::filesystem::exists(copying.manifest_file));
            os::Fs real;
            copying.use(real);
            copying.mirror({.workers = workers});
            check_equal(copying);
        }
    }
}

TEST_CASE("an interrupt ends the mirror", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    os::catch_interrupts();
    FaultFs fs;
    fs.watch([&](std::string_view call) {
        if (call == "copy" && !os::interrupted()) {
            std::raise(SIGINT);
        }
    });
    copying.use(fs);
    try {
        copying.mirror({.workers = 2});
        FAIL("it was not interrupted");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::interrupted);
    }
    os::tolerate_interrupts();
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        std::signal(number, SIG_DFL);
    }
    fs.watch([](std::string_view) {});
    copying.mirror();
    check_equal(copying);
}

TEST_CASE("a mirror tells how far it has come", "[tree]") {
    Copying copying;
    make_tree(copying.source);
    for (int round = 0; round < 2; ++round) {
        tree::Progress progress;
        copying.mirror({.workers = 2, .progress = &progress});
        CHECK(progress.files == 7);  // each file with several names once
        CHECK(progress.bytes > 304'000);
    }
}
